/** What every part stands on: refusals, the log, the configuration, the clock, certificates. */
export { Refusal, type Reason } from './refusal.ts'
export { openTurns, type Turns } from './turns.ts'
export { openLog, describeError, ErrorElsewhere, onceUntilOver, type Log } from './log.ts'
export { machineMs, now, nowMs, today, shiftClock } from './clock.ts'
export { loadConfig, checkConfig, dataFolder, reachableByOthers, readToml, type Config } from './config/index.ts'
export {
  certificateFiles,
  loadCertificate,
  onlyCertificate,
  sniOf,
  type Certificate,
  type ServerCertificates,
} from './certificate.ts'
export { count, countsOf, COUNTED, type Counted, type CountKind } from './counts.ts'
export {
  DnsError,
  openDns,
  reverseName,
  splitHostAndPort,
  type Dns,
  type MailExchanger,
  type RecordType,
} from './dns.ts'
export { openSecureDns, type SecureAnswer, type SecureDns, type SecureType, type TlsaRecord } from './secure-dns.ts'
export { isPublicAddress, isSelfOrNobody } from './public-address.ts'
export { openCountries, type Countries } from './countries.ts'
export { openFetch, type Fetched, type FetchOrder, type GuardedFetch } from './fetch.ts'
export { openReach, type Reach } from './reach.ts'
