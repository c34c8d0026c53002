import { LONG_TENANT } from './keys.mjs'

const part = (type, input, normalisers = [], fieldId = 'Client.f') => ({ fieldId, type, normalisers, input })
const tag = (name, parts, more = {}) => ({ name, parts, ...more })
const text = (name, input, ...normalisers) => tag(name, [part('String', input, normalisers)])

/** What is tagged, by name. Where nothing else is said: index Client.fIndex of tenant firm_1, key k00000000002. */
export const TAGS = [
  tag('the first vector of the format', [part('String', '123-45-6789', ['digits@1'], 'Client.ssn')], {
    indexId: 'Client.ssnIndex',
  }),

  text('exact String', 'Ada'),
  text('exact String, other case', 'ada'),
  text('exact empty String', ''),
  text('exact String beyond the basic plane', '😀'),
  tag('exact Bytes', [part('Bytes', Uint8Array.of(0, 255))]),
  tag('exact Int', [part('Int', -2147483648)]),
  tag('exact BigInt', [part('BigInt', 9223372036854775807n)]),
  tag('Float zero', [part('Float', 0)]),
  tag('Float minus zero has the tag of zero', [part('Float', -0)]),
  tag('Float subnormal', [part('Float', 5e-324)]),
  tag('Decimal in one form', [part('Decimal', '-12.5')]),
  tag('DateTime with microseconds', [part('DateTime', '1969-12-31T23:59:59.999999Z')]),

  text('digits', '(123) 45-67 89', 'digits@1'),
  text('digits: other scripts are no digits', '١٢٣4', 'digits@1'),
  text('digits: nothing left, so the value as given (form 01)', 'n/a', 'digits@1'),
  text('digits: another value with nothing left has another tag', 'unknown', 'digits@1'),
  text('digits: the empty string is form 00', '', 'digits@1'),
  text('alphanumeric', 'De-12 AB/ß', 'alphanumeric@1'),
  text('lowercase', 'ÀÉ İ ΑΣ', 'lowercase@1'),
  text('trim', '\u00a0\uFEFF\t Ada \r\n', 'trim@1'),
  text('nfkc', 'ﬁ Å １', 'nfkc@1'),
  text('diacritics', 'Crème brûlée Ǻ ñ', 'diacritics@1'),
  text('email', '  Ada.Lovelace+x@EXAMPLE.com ', 'email@1'),
  text('two normalisers in order', ' ÀDA ', 'trim@1', 'lowercase@1'),
  text('the same normalisers in the other order are another definition', ' ÀDA ', 'lowercase@1', 'trim@1'),

  tag('compound', [part('String', 'Ada', ['lowercase@1'], 'Client.first'), part('String', 'L', [], 'Client.last')]),
  tag('compound: parts do not run together', [
    part('String', 'Ad', ['lowercase@1'], 'Client.first'),
    part('String', 'aL', [], 'Client.last'),
  ]),
  tag('compound with a Boolean', [part('Boolean', true, [], 'Client.active'), part('Int', 7, [], 'Client.kind')]),
  tag('compound: a null part makes the tag null', [part('String', 'Ada'), part('String', null, [], 'Client.last')]),
  tag('null', [part('String', null)]),

  tag('global', [part('String', 'ada@example.com', ['email@1'], 'User.email')], {
    indexId: 'User.emailIndex',
    scope: 'global',
    keyId: 'k00000000004',
  }),
  tag("the application's own tenant", [part('String', 'Ada')], { tenant: '', keyId: 'k00000000004' }),
  tag('a tenant id of 256 bytes', [part('String', 'Ada')], { tenant: LONG_TENANT, keyId: 'k00000000006' }),
  tag('another index over the same field', [part('String', 'Ada')], { indexId: 'Client.other' }),
]
