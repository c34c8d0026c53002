import { LONG_TENANT } from './keys.mjs'

const value = (name, type, input, more = {}) => ({ name, type, input, ...more })
const list = (name, type, input, more = {}) => ({ name, type, input, list: true, ...more })
const bytes = (...values) => Uint8Array.from(values)

/** What is sealed, by name. Where nothing else is said: text form, tenant firm_1, key k00000000001, field Client.f. */
export const CELLS = [
  value('the first vector of the format', 'String', '123-45-6789', { fieldId: 'Client.ssn', nonce: '03'.repeat(12) }),

  value('String: empty', 'String', ''),
  value('String: one letter', 'String', 'a'),
  value('String: beyond the basic plane', 'String', '😀𝔸\u{10FFFF}'),
  value('String: composed and decomposed stay what they are', 'String', 'é e\u0301 ﬁ'),
  value('String: begins with a byte order mark', 'String', '\uFEFFx'),
  value('String: NUL, line ends, tab', 'String', 'a\0b\r\n\tc'),
  value('String: looks like a cell', 'String', 'enc::1.k00000000001.AwMDAwMDAwMDAwMDPuRIRHa'),
  value('String: 1000 characters', 'String', 'ü'.repeat(1000)),

  value('Bytes: empty', 'Bytes', bytes()),
  value('Bytes: one zero', 'Bytes', bytes(0)),
  value('Bytes: not UTF-8', 'Bytes', bytes(0xff, 0xfe, 0x00, 0x80)),
  value('Bytes: begin like a cell', 'Bytes', bytes(0x46, 0x53, 0x4c, 0x01)),

  value('Int: zero', 'Int', 0),
  value('Int: -1', 'Int', -1),
  value('Int: greatest', 'Int', 2147483647),
  value('Int: least', 'Int', -2147483648),
  value('BigInt: greatest', 'BigInt', 9223372036854775807n),
  value('BigInt: least', 'BigInt', -9223372036854775808n),
  value('BigInt: beyond the integers of a double', 'BigInt', 9007199254740993n),

  value('Float: zero', 'Float', 0),
  value('Float: minus zero', 'Float', -0),
  value('Float: least subnormal', 'Float', 5e-324),
  value('Float: least normal', 'Float', 2.2250738585072014e-308),
  value('Float: greatest', 'Float', 1.7976931348623157e308),
  value('Float: a tenth', 'Float', 0.1),
  value('Float: negative with an exponent', 'Float', -1e21),

  value('Decimal: zero', 'Decimal', '0'),
  value('Decimal: minus zero becomes zero', 'Decimal', '-0.00', { value: '0' }),
  value('Decimal: zeroes at the ends go', 'Decimal', '-00123.4500', { value: '-123.45' }),
  value('Decimal: an exponent is written out', 'Decimal', '1.5e-7', { value: '0.00000015' }),
  value('Decimal: 1000 digits', 'Decimal', `${'9876543210'.repeat(50)}.${'0123456789'.repeat(50)}`),

  value('Boolean: true', 'Boolean', true),
  value('Boolean: false', 'Boolean', false),

  value('DateTime: epoch', 'DateTime', '1970-01-01T00:00:00.000000Z'),
  value('DateTime: a microsecond before the epoch', 'DateTime', '1969-12-31T23:59:59.999999Z'),
  value('DateTime: microseconds', 'DateTime', '2024-02-29T12:34:56.123456Z'),
  value('DateTime: year 0001', 'DateTime', '0001-01-01T00:00:00.000000Z'),
  value('DateTime: year 9999', 'DateTime', '9999-12-31T23:59:59.999999Z'),
  value('DateTime: last instant', 'DateTime', '+275760-09-13T00:00:00.000000Z'),
  value('DateTime: first instant', 'DateTime', '-271821-04-20T00:00:00.000000Z'),

  value('Json: null', 'Json', null),
  value('Json: string', 'Json', 'enc::1.x'),
  value('Json: number', 'Json', -1.5),
  value('Json: false', 'Json', false),
  value('Json: empty list', 'Json', []),
  value('Json: nested', 'Json', { b: [1, { a: null }], 'ключ 😀': '"\\\u2028' }),

  list('list: empty', 'String', []),
  list('list of String', 'String', ['', 'a', '😀', 'a,b']),
  list('list of Bytes', 'Bytes', [bytes(), bytes(0, 255)]),
  list('list of Int', 'Int', [0, -2147483648, 2147483647]),
  list('list of BigInt', 'BigInt', [-9223372036854775808n, 9223372036854775807n]),
  list('list of Float', 'Float', [-0, 5e-324, 1.5]),
  list('list of Decimal', 'Decimal', ['0', '-1.5', '100000000000000000000000000000.01']),
  list('list of Boolean', 'Boolean', [true, false, true]),
  list('list of DateTime', 'DateTime', ['1969-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999Z']),
  list('list of Json', 'Json', [null, {}, [[]], 'x']),
  list('list: empty, of Bytes, in a Bytes column', 'Bytes', [], { column: 'Bytes' }),

  value('Bytes column: Bytes', 'Bytes', bytes(1, 2, 3), { column: 'Bytes' }),
  value('Bytes column: String, empty', 'String', '', { column: 'Bytes' }),
  value('Bytes column: Int', 'Int', 42, { column: 'Bytes' }),
  list('Bytes column: list of String', 'String', ['x'], { column: 'Bytes' }),
  value('Json column: Json', 'Json', { diagnosis: ['Ω'] }, { column: 'Json' }),
  value('Json column: JSON null', 'Json', null, { column: 'Json' }),
  value('Json column: String', 'String', 'text', { column: 'Json' }),

  value("the application's own tenant", 'String', 'x', { tenant: '', keyId: 'k00000000003' }),
  value('a tenant id of 256 bytes', 'String', 'x', { tenant: LONG_TENANT, keyId: 'k00000000005' }),
  value('another key of the same tenant', 'String', 'x', { keyId: 'k00000000007' }),
  value('a key id of letters, another tenant', 'String', 'x', { tenant: 'firm_2', keyId: 'zzzzzzzzzzzz' }),
  value('a field id given by the annotation', 'String', 'x', { fieldId: 'client-ssn-2024' }),
  value('a field id beyond ASCII', 'String', 'x', { fieldId: 'Mandant.steuernummer_ß' }),
]

/** Row-bound cells (suite 2): reserved; `row` is what the bytes of the row's id fields stand for. */
export const ROW_BOUND_CELLS = [
  value('row-bound: one id field', 'String', 'x', { row: [['String', '0b1f6d9e-2f0a-4c8e-9d51-6f1f3a2f0c11']] }),
  value('row-bound: two id fields', 'Int', 7, {
    row: [
      ['Int', 42],
      ['String', 'é'],
    ],
  }),
  value('row-bound: Bytes column', 'Bytes', bytes(9), { column: 'Bytes', row: [['BigInt', -1n]] }),
]
