import type { Disposition, PassOrFail, TlsFailure, TlsPolicyType } from '#formats/domain-reports'
import type { ServiceKey } from '#storage'
import type { Source } from './source.ts'

/** Letters of one source that fared alike. */
export interface KeptRow {
  source: Source
  disposition: Disposition
  /** With alignment. */
  dkim: PassOrFail
  spf: PassOrFail
  /** The reporter says that somebody passed them on. */
  isForwarded: boolean
  count: number
}

/** What is sealed of a report. */
export type KeptReport =
  | { reporter: string; dmarc: { policy: string; rows: KeptRow[] } }
  | { reporter: string; tls: { policies: { type: TlsPolicyType; successes: number; failures: TlsFailure[] }[] } }
  /** It could not be read. */
  | { reporter: string }

/** By which a domain of somebody else's is found. */
export const otherDomainKey = (key: ServiceKey, domain: string): Buffer => key.hash(`domain\0${domain}`)

export const reportPlace = (key: Buffer): string => `report/${key.toString('base64url')}`
