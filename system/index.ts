/** What every part stands on: refusals, the log, the configuration, the clock, certificates. */
export { Refusal, type Reason } from './refusal.ts'
export { openLog, describeError, onceUntilOver, type Log } from './log.ts'
export { now, nowMs, today, shiftClock } from './clock.ts'
export { loadConfig, checkConfig, dataFolder, type Config } from './config.ts'
export { loadCertificate, type Certificate } from './certificate.ts'
export { DnsError, isSelfOrNobody, openDns, splitHostAndPort, type Dns, type MailExchanger } from './dns.ts'
export { openCountries, type Countries } from './countries.ts'
export { openFetch, type Fetched, type FetchOrder, type GuardedFetch } from './fetch.ts'
