import { openRspamd } from '#mail/antispam'
import { openClamd, signaturesMadeAt, type Clamd } from '#mail/antivirus'
import type { Finding } from '#mail/findings'
import { onceUntilOver, Refusal, type Config, type Log } from '#system'

type RspamdEnvelope = Parameters<ReturnType<typeof openRspamd>['check']>[1]

export interface Scanners {
  /**
   * What those that are configured say of a letter, all asked at once.
   * @throws Refusal 'scannerSilent' when one of them says nothing; 'overload'
   */
  scanLetter(content: Buffer, envelope: RspamdEnvelope): Promise<Finding[]>
  /** A file by itself: whether it holds a virus. @throws as `scanLetter`; what `content` throws */
  scanFile(content: AsyncIterable<Buffer>): Promise<Finding[]>
  /** Whether files are looked at at all. */
  scansFiles: boolean
}

export function openScanners({ scanners }: Pick<Config, 'scanners'>, log: Log): Scanners {
  const timeoutMs = scanners.timeoutSeconds * 1000
  const clamd = scanners.clamd === undefined ? undefined : openClamd(scanners.clamd, timeoutMs)
  const rspamd = scanners.rspamd === undefined ? undefined : openRspamd(scanners.rspamd, timeoutMs)
  const names = Object.entries({ clamd, rspamd }).flatMap(([name, scanner]) => (scanner === undefined ? [] : [name]))
  log.info({ scanners: names }, 'letters are looked into by the built-in checks and these scanners')

  const watching = (name: string) => {
    const silence = onceUntilOver(
      (message) => log.error({ scanner: name }, message),
      'a scanner does not answer: mail is put off until it does',
      'the scanner answers again',
    )
    return async <T>(work: Promise<T>): Promise<T> => {
      try {
        const result = await work
        silence.over()
        return result
      } catch (error) {
        if (error instanceof Refusal && error.reason === 'scannerSilent') silence.trouble()
        throw error
      }
    }
  }
  const watchClamd = watching('clamd')
  const watchRspamd = watching('rspamd')
  const virusesIn = async (content: Parameters<Clamd['scan']>[0]): Promise<Finding[]> =>
    clamd === undefined ? [] : toFindings(await watchClamd(clamd.scan(content)))

  return {
    scansFiles: clamd !== undefined,
    scanFile: virusesIn,
    async scanLetter(content, envelope) {
      const found = await Promise.all([
        virusesIn(content),
        rspamd === undefined ? [] : watchRspamd(rspamd.check(content, envelope)),
      ])
      return found.flat()
    },
  }
}

export interface AskedScanner {
  name: 'clamd' | 'rspamd'
  answers: boolean
  /** Of clamd, when its signatures were made; undefined where it does not say. */
  signaturesAt: Date | undefined
}

/** Whether those that are configured look into a letter now. */
export async function askScanners({ scanners }: Pick<Config, 'scanners'>, timeoutMs: number): Promise<AskedScanner[]> {
  const letter = Buffer.from('Subject: Hello\r\n\r\n')
  const envelope = { mailFrom: '', recipients: [], client: undefined }
  const { clamd, rspamd } = scanners
  const [byClamd, signaturesAt, byRspamd] = await Promise.all([
    clamd === undefined ? undefined : succeeds(openClamd(clamd, timeoutMs).scan(letter)),
    clamd === undefined ? undefined : signaturesMadeAt(clamd, timeoutMs).catch(() => undefined),
    rspamd === undefined ? undefined : succeeds(openRspamd(rspamd, timeoutMs).check(letter, envelope)),
  ])
  return [
    ...(byClamd === undefined ? [] : [{ name: 'clamd', answers: byClamd, signaturesAt } as const]),
    ...(byRspamd === undefined ? [] : [{ name: 'rspamd', answers: byRspamd, signaturesAt: undefined } as const]),
  ]
}

const succeeds = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  )

function toFindings(scanned: Awaited<ReturnType<Clamd['scan']>>): Finding[] {
  if (scanned === 'clean') return []
  if (scanned === 'tooLarge') return [{ name: 'tooLargeToScan' }]
  return [{ name: 'virus', values: { name: scanned.virus } }]
}
