import { Buffer } from 'node:buffer'

const utf8 = (text) => Buffer.from(text).toString('hex')
const i64 = (value) => BigInt.asUintN(64, value).toString(16).padStart(16, '0')

/** What stands in a text column, made from a good cell `enc::1.<keyId>.<payload>`; the code it must be refused with. */
const TEXTS = [
  ['empty text', () => '', 'PLAINTEXT_FOUND'],
  ['plain text', () => 'secret', 'PLAINTEXT_FOUND'],
  ['a suite without digits', (cell) => cell.replace('::1.', '::.'), 'PLAINTEXT_FOUND'],
  ['a suite that is no number', (cell) => cell.replace('::1.', '::1x.'), 'PLAINTEXT_FOUND'],
  ['a suite with a sign', (cell) => cell.replace('::1.', '::+1.'), 'PLAINTEXT_FOUND'],
  ['a suite in digits of another script', (cell) => cell.replace('::1.', '::１.'), 'PLAINTEXT_FOUND'],
  ['a prefix in upper case', (cell) => cell.replace('enc', 'ENC'), 'PLAINTEXT_FOUND'],
  ['a prefix with one colon', (cell) => cell.replace('::', ':'), 'PLAINTEXT_FOUND'],
  ['a space before the prefix', (cell) => ` ${cell}`, 'PLAINTEXT_FOUND'],
  ['a byte order mark before the prefix', (cell) => `\uFEFF${cell}`, 'PLAINTEXT_FOUND'],
  ['the binary form as hexadecimal text', () => '46534c01', 'PLAINTEXT_FOUND'],
  ['a suite with a leading zero', (cell) => cell.replace('::1.', '::01.'), 'MALFORMED_CELL'],
  ['a suite of two zeroes', (cell) => cell.replace('::1.', '::00.'), 'MALFORMED_CELL'],
  ['suite 0', (cell) => cell.replace('::1.', '::0.'), 'UNKNOWN_FORMAT'],
  ['suite 2 without a row', (cell) => cell.replace('::1.', '::2.'), 'UNKNOWN_FORMAT'],
  ['suite 3', (cell) => cell.replace('::1.', '::3.'), 'UNKNOWN_FORMAT'],
  ['suite 10', (cell) => cell.replace('::1.', '::10.'), 'UNKNOWN_FORMAT'],
  ['suite 99999999999', (cell) => cell.replace('::1.', '::99999999999.'), 'UNKNOWN_FORMAT'],
  ['an unknown suite with nothing behind it', () => 'enc::3.', 'UNKNOWN_FORMAT'],
  ['nothing behind the suite', () => 'enc::1.', 'MALFORMED_CELL'],
  ['nothing behind the key id', (cell) => cell.slice(0, 20), 'MALFORMED_CELL'],
  ['a key id of 11 characters', (cell) => cell.replace('k0', 'k'), 'MALFORMED_CELL'],
  ['a key id of 13 characters', (cell) => cell.replace('k0', 'k00'), 'MALFORMED_CELL'],
  ['a key id in upper case', (cell) => cell.replace('.k', '.K'), 'MALFORMED_CELL'],
  ['a key id beyond ASCII', (cell) => cell.replace('.k', '.ķ'), 'MALFORMED_CELL'],
  ['no dot behind the key id', (cell) => cell.slice(0, 19) + cell.slice(20), 'MALFORMED_CELL'],
  ['two dots behind the key id', (cell) => `${cell.slice(0, 20)}.${cell.slice(20)}`, 'MALFORMED_CELL'],
  ['a body without a codec byte (28 bytes)', (cell) => `${cell.slice(0, 20)}${'A'.repeat(38)}`, 'MALFORMED_CELL'],
  ['base64url with bits set in its last character', lastBits, 'MALFORMED_CELL'],
  ['base64url of an impossible length (4n + 1)', (cell) => `${cell.slice(0, 20)}${'A'.repeat(41)}`, 'MALFORMED_CELL'],
  ['padding', (cell) => `${cell}=`, 'MALFORMED_CELL'],
  ['base64 instead of base64url: +', (cell) => replaceAt(cell, 30, '+'), 'MALFORMED_CELL'],
  ['base64 instead of base64url: /', (cell) => replaceAt(cell, 30, '/'), 'MALFORMED_CELL'],
  ['a line end behind it', (cell) => `${cell}\n`, 'MALFORMED_CELL'],
  ['a line end inside', (cell) => replaceAt(cell, 30, '\n'), 'MALFORMED_CELL'],
  ['a space behind it, as CHAR columns add', (cell) => `${cell} `, 'MALFORMED_CELL'],
  ['a space inside', (cell) => replaceAt(cell, 30, ' '), 'MALFORMED_CELL'],
  ['a NUL behind it', (cell) => `${cell}\0`, 'MALFORMED_CELL'],
  ['a letter beyond ASCII that looks the same', (cell) => replaceAt(cell, 30, 'А'), 'MALFORMED_CELL'],
  ['two cells in a row', (cell) => cell + cell, 'MALFORMED_CELL'],
  ['altered nonce', (cell) => alter(cell, 20), 'AUTHENTICATION_FAILED'],
  ['altered ciphertext', (cell) => alter(cell, 36), 'AUTHENTICATION_FAILED'],
  ['altered tag', (cell) => alter(cell, cell.length - 4), 'AUTHENTICATION_FAILED'],
  ['three bytes cut off the end', (cell) => cell.slice(0, -4), 'AUTHENTICATION_FAILED'],
  ['three bytes added at the end', (cell) => `${cell}AAAA`, 'AUTHENTICATION_FAILED'],
  [
    "another key of the tenant's named",
    (cell) => cell.replace('k00000000001', 'k00000000007'),
    'AUTHENTICATION_FAILED',
  ],
  ["another tenant's key named", (cell) => cell.replace('k00000000001', 'zzzzzzzzzzzz'), 'FOREIGN_TENANT_KEY'],
  ["another tenant's index key named", (cell) => cell.replace('k00000000001', 'k00000000004'), 'FOREIGN_TENANT_KEY'],
  ['an index key named', (cell) => cell.replace('k00000000001', 'k00000000002'), 'UNKNOWN_KEY'],
  ['a key named that does not exist', (cell) => cell.replace('k00000000001', 'k00000000009'), 'UNKNOWN_KEY'],
]

/** What stands in a Bytes column, in hexadecimal, made from a good cell. */
const BINARIES = [
  ['Bytes column: empty', () => '', 'PLAINTEXT_FOUND'],
  ['Bytes column: two bytes of the magic', () => '4653', 'PLAINTEXT_FOUND'],
  ['Bytes column: altered magic', (cell) => `46534d${cell.slice(6)}`, 'PLAINTEXT_FOUND'],
  ['Bytes column: a text cell', () => utf8('enc::1.k00000000001.AAAA'), 'PLAINTEXT_FOUND'],
  ['Bytes column: nothing behind the magic', () => '46534c', 'MALFORMED_CELL'],
  ['Bytes column: nothing behind the suite', () => '46534c01', 'MALFORMED_CELL'],
  ['Bytes column: header cut short', (cell) => cell.slice(0, 30), 'MALFORMED_CELL'],
  ['Bytes column: nothing behind the header', (cell) => cell.slice(0, 32), 'MALFORMED_CELL'],
  ['Bytes column: a body without a codec byte (28 bytes)', (cell) => cell.slice(0, 88), 'MALFORMED_CELL'],
  ['Bytes column: a key id in upper case', (cell) => cell.replace('6b', '4b'), 'MALFORMED_CELL'],
  ['Bytes column: suite 00', (cell) => cell.replace('4c01', '4c00'), 'UNKNOWN_FORMAT'],
  ['Bytes column: suite 02 without a row', (cell) => cell.replace('4c01', '4c02'), 'UNKNOWN_FORMAT'],
  ['Bytes column: suite as a digit', (cell) => cell.replace('4c01', '4c31'), 'UNKNOWN_FORMAT'],
  ['Bytes column: suite ff', (cell) => cell.replace('4c01', '4cff'), 'UNKNOWN_FORMAT'],
  ['Bytes column: a byte cut off the end', (cell) => cell.slice(0, -2), 'AUTHENTICATION_FAILED'],
  ['Bytes column: a byte added at the end', (cell) => `${cell}00`, 'AUTHENTICATION_FAILED'],
]

/** Plaintexts (hexadecimal, codec byte first) in authentic cells, and the type they are opened as. */
const PLAINTEXTS = [
  ['codec 00', '00', 'String', 'CODEC_MISMATCH'],
  ['codec 0a', '0a', 'String', 'CODEC_MISMATCH'],
  ['codec 40 (padding, reserved)', '4001', 'String', 'CODEC_MISMATCH'],
  ['codec ff', 'ff', 'Bytes', 'CODEC_MISMATCH'],
  ['a String where the policy says Json', `01${utf8('null')}`, 'Json', 'CODEC_MISMATCH'],
  ['Bytes where the policy says String', '0261', 'String', 'CODEC_MISMATCH'],
  ['an Int where the policy says DateTime', `03${i64(0n)}`, 'DateTime', 'CODEC_MISMATCH'],
  ['a Float where the policy says Int', `04${i64(0n)}`, 'Int', 'CODEC_MISMATCH'],
  ['a list where the policy says String', '090100000000', 'String', 'CODEC_MISMATCH'],
  ['a String where the policy says a list of String', '0161', 'String[]', 'CODEC_MISMATCH'],
  ['a list of Bytes where the policy says of String', '090200000000', 'String[]', 'CODEC_MISMATCH'],
  ['a list of lists', '090900000000', 'String[]', 'CODEC_MISMATCH'],
  ['a list of an unknown codec', '094000000000', 'String[]', 'CODEC_MISMATCH'],

  ['String: a byte that UTF-8 does not have', '01ff', 'String', 'MALFORMED_CELL'],
  ['String: overlong UTF-8', '01c080', 'String', 'MALFORMED_CELL'],
  ['String: a surrogate in UTF-8', '01eda080', 'String', 'MALFORMED_CELL'],
  ['String: UTF-8 cut short', '0161e282', 'String', 'MALFORMED_CELL'],
  ['String: beyond U+10FFFF', '01f4908080', 'String', 'MALFORMED_CELL'],
  ['Int: empty', '03', 'Int', 'MALFORMED_CELL'],
  ['Int: 4 bytes', '0300000001', 'Int', 'MALFORMED_CELL'],
  ['Int: 9 bytes', `03${i64(1n)}00`, 'Int', 'MALFORMED_CELL'],
  ['Int: above 32 bits', `03${i64(2147483648n)}`, 'Int', 'MALFORMED_CELL'],
  ['Int: below 32 bits', `03${i64(-2147483649n)}`, 'Int', 'MALFORMED_CELL'],
  ['BigInt: 7 bytes', '0300000000000001', 'BigInt', 'MALFORMED_CELL'],
  ['Float: 4 bytes', '043f800000', 'Float', 'MALFORMED_CELL'],
  ['Float: 9 bytes', '043ff000000000000000', 'Float', 'MALFORMED_CELL'],
  ['Float: NaN', '047ff8000000000000', 'Float', 'MALFORMED_CELL'],
  ['Float: signalling NaN', '047ff0000000000001', 'Float', 'MALFORMED_CELL'],
  ['Float: infinity', '047ff0000000000000', 'Float', 'MALFORMED_CELL'],
  ['Float: minus infinity', '04fff0000000000000', 'Float', 'MALFORMED_CELL'],
  ...['', '-', '-0', '+1', '01', '1.', '.5', '1.50', '1.0', '-0.0', '1e3', '0x1', '1,5', ' 1', '1\n', '１', 'NaN'].map(
    (text) => [`Decimal: ${JSON.stringify(text)}`, `05${utf8(text)}`, 'Decimal', 'MALFORMED_CELL'],
  ),
  ['Boolean: empty', '06', 'Boolean', 'MALFORMED_CELL'],
  ['Boolean: 02', '0602', 'Boolean', 'MALFORMED_CELL'],
  ['Boolean: ff', '06ff', 'Boolean', 'MALFORMED_CELL'],
  ['Boolean: two bytes', '060100', 'Boolean', 'MALFORMED_CELL'],
  ['DateTime: 7 bytes', '0700000000000001', 'DateTime', 'MALFORMED_CELL'],
  ['DateTime: 9 bytes', `07${i64(1n)}00`, 'DateTime', 'MALFORMED_CELL'],
  ['DateTime: after the last instant', `07${i64(8_640_000_000_000_001_000n)}`, 'DateTime', 'MALFORMED_CELL'],
  ['DateTime: before the first instant', `07${i64(-8_640_000_000_000_001_000n)}`, 'DateTime', 'MALFORMED_CELL'],
  ...['', '{', 'undefined', 'NaN', "'a'", '1 2', '[1,]', '\uFEFFnull', '01'].map((text) => [
    `Json: ${JSON.stringify(text)}`,
    `08${utf8(text)}`,
    'Json',
    'MALFORMED_CELL',
  ]),
  ['Json: not UTF-8', '0822ff22', 'Json', 'MALFORMED_CELL'],
  ['list: nothing behind the codec', '09', 'String[]', 'MALFORMED_CELL'],
  ['list: count cut short', '0901000000', 'String[]', 'MALFORMED_CELL'],
  ['list: fewer elements than it says', '0901000000020000000161', 'String[]', 'MALFORMED_CELL'],
  ['list: more elements than it says', '0901000000010000000161000000', 'String[]', 'MALFORMED_CELL'],
  ['list: a whole element more than it says', '09010000000100000001610000000162', 'String[]', 'MALFORMED_CELL'],
  ['list: none, yet bytes follow', '09010000000000', 'String[]', 'MALFORMED_CELL'],
  ['list: says 4294967295 elements', '0901ffffffff', 'String[]', 'MALFORMED_CELL'],
  ['list: an element longer than what is left', '090100000001000000ff61', 'String[]', 'MALFORMED_CELL'],
  ['list: a length cut short', '090100000001000000', 'String[]', 'MALFORMED_CELL'],
  ['list: an element that is malformed', '0906000000010000000102', 'Boolean[]', 'MALFORMED_CELL'],
  ['list: an Int above 32 bits', `09030000000100000008${i64(2147483648n)}`, 'Int[]', 'MALFORMED_CELL'],
]

/** `seal(plaintext, { name, tenant, keyId, fieldId, column })` makes an authentic cell of any plaintext. */
export function malformedCells(defaults, seal) {
  const { keyId: _, ...place } = defaults
  const vector = (name, cell, type, code, more = {}) => {
    const { column, tenant, fieldId } = { ...place, ...more }
    return { name, column, cell, tenant, fieldId, type: type.replace('[]', ''), list: type.endsWith('[]'), code }
  }
  const good = (column) => seal(Buffer.from('01736563726574', 'hex'), { ...defaults, column, name: 'a good cell' })
  const text = good('String')
  const binary = good('Bytes')
  return [
    ...TEXTS.map(([name, change, code]) => vector(name, change(text), 'String', code)),
    vector('a cell of another field', text, 'String', 'AUTHENTICATION_FAILED', { fieldId: 'Client.g' }),
    vector("a cell in another tenant's context", text, 'String', 'FOREIGN_TENANT_KEY', { tenant: 'firm_2' }),
    vector("a cell in the application's own context", text, 'String', 'FOREIGN_TENANT_KEY', { tenant: '' }),
    ...BINARIES.map(([name, change, code]) => vector(name, change(binary), 'String', code, { column: 'Bytes' })),
    vector('Json column: a line end behind it', `${text}\n`, 'String', 'MALFORMED_CELL', { column: 'Json' }),
    vector('Json column: a string that is no cell', 'secret', 'Json', 'PLAINTEXT_FOUND', { column: 'Json' }),
    ...PLAINTEXTS.map(([name, plaintext, type, code]) =>
      vector(name, seal(Buffer.from(plaintext, 'hex'), { ...defaults, name: `malformed ${name}` }), type, code),
    ),
  ]
}

function replaceAt(text, at, character) {
  return text.slice(0, at) + character + text.slice(at + 1)
}

/** One bit of a base64url character that carries six bits of the body. */
function alter(cell, at) {
  return replaceAt(cell, at, cell[at] === 'A' ? 'B' : 'A')
}

/** The last character of a body whose length is not a multiple of three has bits that say nothing; sets one. */
function lastBits(cell) {
  const body = Buffer.alloc(31)
  return `${cell.slice(0, 20)}${body.toString('base64url').slice(0, -1)}B`
}
