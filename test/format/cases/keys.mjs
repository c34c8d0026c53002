/** 64 characters of four bytes each: the longest tenant id, 256 bytes of UTF-8. */
export const LONG_TENANT = '𝕿'.repeat(64)

const key = (byte, purpose, tenant) => ({ key: byte.repeat(32), purpose, tenant })

/** The keys of every vector, by key id. The first two are those of the format's first vector. */
export const KEYS = {
  k00000000001: key('01', 'data', 'firm_1'),
  k00000000002: key('02', 'index', 'firm_1'),
  k00000000003: key('03', 'data', ''),
  k00000000004: key('04', 'index', ''),
  k00000000005: key('05', 'data', LONG_TENANT),
  k00000000006: key('06', 'index', LONG_TENANT),
  k00000000007: key('07', 'data', 'firm_1'),
  zzzzzzzzzzzz: key('08', 'data', 'firm_2'),
}

/** Encryption contexts as a KMS that takes bytes sees them. */
export const KMS_CONTEXTS = [
  {
    name: 'a data key of a tenant',
    pairs: { app: 'fieldseal', tenant: 'firm_1', purpose: 'data', keyId: 'k00000000001', v: '1' },
  },
  {
    name: "an index key of the application's own tenant",
    pairs: { app: 'fieldseal', tenant: '', purpose: 'index', keyId: 'k00000000004', v: '1' },
  },
  {
    name: 'text beyond ASCII',
    pairs: { app: 'büro', tenant: '税理士😀', purpose: 'data', keyId: 'k00000000001', v: '1' },
  },
  {
    name: 'names sort by UTF-8 bytes, where U+FF5E stands before U+1F600; by UTF-16 units it would stand after',
    pairs: { v: '1', tenant: 't', purpose: 'data', keyId: 'k00000000001', app: 'a', '😀': '2', '～': '1', B: '0' },
  },
]
