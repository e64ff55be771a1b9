/** Debian's python3-dkim, which verifies letters with a code that is not ours, over a name server of the test. */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { nowMs } from '#system'

/** One signature of a letter, from the top. */
export interface VerifiedSignature {
  domain: string
  selector: string
  algorithm: string
  isGood: boolean
  /** Why not, where it is no plain mismatch. */
  error: string | null
}

const PROGRAM = String.raw`
import base64, json, sys, time
given = json.load(sys.stdin)
real = time.time
time.time = lambda: real() + given['shiftSeconds']
import dkim, dns.resolver
resolver = dns.resolver.Resolver(configure=False)
resolver.nameservers = [given['host']]
resolver.port = given['port']
resolver.lifetime = 10
def texts(name, timeout=5):
    if isinstance(name, bytes):
        name = name.decode('ascii')
    try:
        answer = resolver.resolve(name, 'TXT', search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return None
    return b''.join(answer[0].strings)
found = []
for content in given['letters'] if given['chains'] else []:
    cv, sets, reason = dkim.ARC(base64.b64decode(content)).verify(dnsfunc=texts)
    found.append({'chain': cv.decode(), 'sets': len(sets), 'reason': reason})
for content in given['letters'] if not given['chains'] else []:
    letter = dkim.DKIM(base64.b64decode(content))
    fields = [value for name, value in letter.headers if name.lower() == b'dkim-signature']
    signatures = []
    for index, value in enumerate(fields):
        tags = dkim.util.parse_tag_value(value)
        error = None
        try:
            good = letter.verify(index, dnsfunc=texts)
        except dkim.DKIMException as raised:
            good, error = False, str(raised)
        signatures.append({
            'domain': tags[b'd'].decode(), 'selector': tags[b's'].decode(), 'algorithm': tags[b'a'].decode(),
            'isGood': bool(good), 'error': error,
        })
    found.append(signatures)
json.dump(found, sys.stdout)
`

/**
 * Verifies letters, by the clock of this process.
 * @param letters  bytes as latin1, as a sink has them
 * @param nameServer  `address:port`
 */
export const verifyElsewhere = (letters: readonly string[], nameServer: string): Promise<VerifiedSignature[][]> =>
  ask({ letters, nameServer, chains: false })

/** What a letter's chain of seals (ARC) is found to be. */
export interface VerifiedChain {
  /** `pass`, `fail` or `none`. */
  chain: string
  sets: number
  reason: string
}

/** Verifies the seals of letters. Parameters as those of `verifyElsewhere`. */
export const verifyChainsElsewhere = (letters: readonly string[], nameServer: string): Promise<VerifiedChain[]> =>
  ask({ letters, nameServer, chains: true })

interface Question {
  letters: readonly string[]
  nameServer: string
  /** Seals are asked about, not signatures. */
  chains: boolean
}

async function ask<T>({ letters, nameServer, chains }: Question): Promise<T> {
  const [host, port] = nameServer.split(':')
  const child = spawn('/usr/bin/python3', ['-c', PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(
    JSON.stringify({
      host,
      port: Number(port),
      shiftSeconds: (nowMs() - Date.now()) / 1000,
      chains,
      letters: letters.map((letter) => Buffer.from(letter, 'latin1').toString('base64')),
    }),
  )
  return JSON.parse(await text(child.stdout)) as T
}
