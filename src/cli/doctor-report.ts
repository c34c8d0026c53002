import type { PermissionPolicy } from '../kms/kms.js'
import type { KekCheck, KekExamination } from './examine-kek.js'

/** What was found out about one provider. */
export interface ProviderExamination {
  readonly keks: readonly KekExamination[]
  /** What these KEKs need, and nothing else. */
  readonly policy: PermissionPolicy
}

export interface DoctorReport {
  /** Whether every check of every KEK passed. */
  readonly ok: boolean
  readonly providers: readonly ProviderExamination[]
}

const SIGNS = { passed: '✓', failed: '✗', 'not tried': '–' } as const
const NAME_WIDTH = 'refuse another context'.length

/** The report as people read it. */
export function doctorText({ ok, providers }: DoctorReport): string {
  const verdict = ok ? 'Everything works.' : 'Not everything works: see ✗ above.'
  return [...providers.flatMap(providerLines), verdict].join('\n')
}

function providerLines({ keks, policy }: ProviderExamination): string[] {
  return [
    ...keks.flatMap(kekLines),
    `${policy.kind} for ${keks.length === 1 ? 'this KEK' : 'these KEKs'}:`,
    '',
    policy.text,
    '',
  ]
}

function kekLines({ kekUri, description, checks }: KekExamination): string[] {
  const facts = Object.entries(description?.facts ?? {}).map(([name, fact]) => `${name}: ${fact}`)
  return [kekUri, ...(facts.length === 0 ? [] : [`  ${facts.join(' · ')}`]), ...checks.flatMap(checkLines), '']
}

function checkLines({ check, outcome, milliseconds, reason, code, requestId, missingPermissions }: KekCheck): string[] {
  const time = milliseconds === undefined ? '' : `${milliseconds} ms`
  const lines = [`  ${SIGNS[outcome]} ${check.padEnd(NAME_WIDTH)}  ${time.padStart(8)}`.trimEnd()]
  if (reason !== undefined) lines.push(`      ${code === undefined ? '' : `${code}: `}${reason}`)
  const [permission, ...others] = missingPermissions ?? []
  if (permission !== undefined) {
    const label = others.length === 0 ? 'missing permission' : 'missing permission, one or more of'
    lines.push(`      ${label}: ${[permission, ...others].join(', ')}`)
  }
  if (requestId !== undefined) lines.push(`      request id: ${requestId}`)
  return lines
}
