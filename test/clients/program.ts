/** Other people's programs against our server: each in a folder of its own, with nothing of this machine's settings. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { TestServer } from '../server.ts'

export interface Ended {
  code: number
  stdout: string
  stderr: string
}

export interface Program {
  /** Its home. */
  folder: string
  /** Writes a file with settings into its home, readable for nobody else. @returns its path */
  write(name: string, text: string): Promise<string>
  /** Runs a command to its end. */
  run(file: string, ...args: string[]): Promise<Ended>
  /** The same, and it must succeed. @returns what it wrote to standard output, a character for each byte */
  ok(file: string, ...args: string[]): Promise<string>
}

/** Longer than any of them takes on a busy machine. */
const MOST_MS = 100_000

export async function program(t: TestContext): Promise<Program> {
  const folder = await mkdtemp(join(tmpdir(), 'zegel-clients-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const env = { PATH: process.env['PATH'], HOME: folder, LC_ALL: 'C.UTF-8', TERM: 'xterm', SHELL: '/bin/sh' }
  const run: Program['run'] = async (file, ...args) => {
    const child = spawn(file, args, { env, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], timeout: MOST_MS })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('latin1').on('data', (chunk: string) => (stdout += chunk))
    child.stderr.setEncoding('latin1').on('data', (chunk: string) => (stderr += chunk))
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (ended) => resolve(ended ?? -1))
    })
    return { code, stdout, stderr }
  }
  return {
    folder,
    run,
    async write(name, text) {
      const path = join(folder, name)
      await writeFile(path, text, { mode: 0o600 })
      return path
    },
    async ok(file, ...args) {
      const { code, stdout, stderr } = await run(file, ...args)
      assert.equal(code, 0, `${file} ended with ${code}: ${stderr.slice(-2000)}${stdout.slice(-2000)}`)
      return stdout
    },
  }
}

/** What programs are to trust: the certificate that the server has made for itself. */
export const certificateOf = (server: TestServer): string => join(server.config.dataFolder, 'tls/self-made.crt')
