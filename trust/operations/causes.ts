/**
 * `good`: nothing to do. `look`: nothing is lost or late, but somebody should see to it in the next days. `bad`: something does
 * not work, or soon will not: now.
 */
export type State = 'good' | 'look' | 'bad'

/**
 * What each check can find, and how bad that is. Every cause has its words in `texts/`, under `check.cause`: what it means and
 * what to do.
 */
export const CAUSES = {
  database: {
    fine: 'good',
    away: 'bad',
    unsafe: 'bad',
    connectionsGone: 'bad',
    connectionsScarce: 'look',
    longTransaction: 'look',
    slotLags: 'look',
    slotLagsFar: 'bad',
  },
  disk: {
    fine: 'good',
    full: 'bad',
    filling: 'look',
    fewFiles: 'look',
    noFiles: 'bad',
    unwritable: 'bad',
    unreachable: 'bad',
    sameDisk: 'look',
  },
  queue: { fine: 'good', notMoving: 'bad', smarthost: 'bad', ourFault: 'look', manyDeferred: 'look' },
  dkim: {
    fine: 'good',
    notInTrial: 'good',
    unsigned: 'bad',
    astray: 'bad',
    partly: 'look',
    waiting: 'look',
    removable: 'good',
  },
  records: { fine: 'good', notInTrial: 'good', notLooked: 'good', wrong: 'bad', missing: 'look' },
  jobs: {
    fine: 'good',
    waiting: 'good',
    running: 'good',
    failed: 'look',
    failing: 'bad',
    long: 'look',
    stuck: 'bad',
    missed: 'bad',
  },
  scanners: { fine: 'good', none: 'good', silent: 'bad', oldSignatures: 'look', veryOldSignatures: 'bad' },
  backups: {
    fine: 'good',
    notInTrial: 'good',
    off: 'bad',
    none: 'look',
    late: 'bad',
    drillLate: 'look',
    damaged: 'bad',
  },
  retention: { fine: 'good', held: 'bad', late: 'look', overdue: 'bad' },
  promises: { kept: 'good', late: 'look', broken: 'bad', notMeasured: 'look' },
  canary: { fine: 'good', endsSoon: 'look', stale: 'bad', never: 'bad', unsigned: 'bad' },
  register: { fine: 'good', broken: 'bad', reportLate: 'look', overdue: 'bad' },
  certificates: {
    fine: 'good',
    selfMade: 'good',
    notBelieved: 'look',
    endsSoon: 'look',
    endsNow: 'bad',
    expired: 'bad',
    notYet: 'bad',
    nameMissing: 'look',
    wrongKey: 'bad',
    unreadable: 'bad',
    waiting: 'bad',
    notHere: 'look',
    unreached: 'look',
    forbidden: 'look',
    limited: 'look',
    account: 'look',
    refused: 'look',
    silent: 'look',
    nonsense: 'look',
    domains: 'look',
    tlsaFine: 'good',
    tlsaNextMissing: 'look',
    tlsaOther: 'bad',
  },
  keys: {
    fine: 'good',
    notTurned: 'look',
    oldEpoch: 'bad',
    noCopy: 'look',
    copyOld: 'bad',
    fileOpen: 'bad',
    fileMissing: 'bad',
  },
  clock: { fine: 'good', drifts: 'look', apart: 'bad', unsynchronised: 'look' },
  index: { fine: 'good', behind: 'look', farBehind: 'bad' },
  processes: {
    fine: 'good',
    none: 'bad',
    gone: 'bad',
    memoryScarce: 'look',
    memoryGone: 'bad',
    slow: 'look',
    blocked: 'bad',
    databaseBusy: 'look',
    certificateOld: 'look',
  },
  limits: { fine: 'good', reached: 'look', rateReached: 'look', memoryReached: 'look' },
  nameServers: { fine: 'good', notInTrial: 'good', silent: 'bad', nameUnknown: 'look', unproven: 'look' },
} as const satisfies Record<string, Record<string, State>>

export type CheckName = keyof typeof CAUSES
export type Cause<N extends CheckName = CheckName> = N extends CheckName
  ? Extract<keyof (typeof CAUSES)[N], string>
  : never

/** `disk.full` and the like: the keys of the texts. */
export type CauseKey = { [N in CheckName]: `${N}.${Cause<N>}` }[CheckName]

export const stateOf = (check: CheckName, cause: string): State =>
  (CAUSES[check] as Record<string, State>)[cause] as State
