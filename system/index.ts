/** What every part stands on: refusals, the log, the configuration, the clock, certificates. */
export { Refusal, type Reason } from './refusal.ts'
export { openLog, describeError, onceUntilOver, type Log } from './log.ts'
export { now, nowMs, today, shiftClock } from './clock.ts'
export { loadConfig, checkConfig, dataFolder, type Config } from './config.ts'
export { loadCertificate, type Certificate } from './certificate.ts'
