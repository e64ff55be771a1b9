/** What openssl makes of bytes that were signed: it reads CMS as no code of ours does. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * @param roots  PEM of those who are believed
 * @returns what was signed, in each of openssl's two ways to look; undefined where it is not signed by somebody believed
 */
export function opensslVerify(signed: Uint8Array, roots: string): (Buffer | undefined)[] {
  const folder = mkdtempSync(join(tmpdir(), 'zegel-cms-'))
  try {
    const [file, believed] = [join(folder, 'signed'), join(folder, 'roots.pem')]
    writeFileSync(file, signed)
    writeFileSync(believed, roots)
    return ['cms', 'smime'].map((command) => {
      // Certificates of servers say what they are for; openssl would have them say that they are for mail.
      const args = [command, '-verify', '-inform', 'DER', '-in', file, '-CAfile', believed, '-purpose', 'sslserver']
      const { status, stdout, error } = spawnSync('openssl', args)
      if (error !== undefined) throw error
      return status === 0 ? stdout : undefined
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}
