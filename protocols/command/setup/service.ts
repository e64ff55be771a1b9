import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { reachableByOthers, Refusal, type Config } from '#system'
import { takesConnections } from '#trust/setup'

const ROOT = resolve(import.meta.dirname, '../../..')
const UNIT = '/etc/systemd/system/zegel.service'
const USER = 'zegel'

/** Where the unit keeps what is kept (`ops/zegel.service`): the key apart from the data, for a backup takes the one without the other. */
export const SERVICE_PLACES = {
  data: '/var/lib/zegel',
  keyFolder: '/var/lib/zegel-key',
  key: '/var/lib/zegel-key/master.key',
}

/** Whether systemd runs this machine. */
export const hasSystemd = (): boolean => existsSync('/run/systemd/system')

export interface ServiceUser {
  uid: number
  gid: number
}

/**
 * Makes the service's user, its folders and its unit where they are missing. Root's own.
 * @returns the user, and whether the unit is another than before
 * @throws Refusal 'invalid' with a sentence
 */
export function installService(): { user: ServiceUser; isNew: boolean } {
  if (!reachableByOthers(ROOT))
    throw new Refusal('invalid', {
      fields: [
        `${ROOT}: the service's user could not reach the program there. Move it to /opt/zegel, and run setup there.`,
      ],
    })
  prepareProgram()
  const user = haveUser()
  for (const folder of [SERVICE_PLACES.data, SERVICE_PLACES.keyFolder]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chownSync(folder, user.uid, user.gid)
  }
  const unit = readFileSync(join(ROOT, 'ops/zegel.service'), 'utf8').replaceAll('/opt/zegel', ROOT)
  const isNew = !existsSync(UNIT) || readFileSync(UNIT, 'utf8') !== unit
  if (isNew) {
    writeFileSync(UNIT, unit)
    run('systemctl', ['daemon-reload'])
  }
  return { user, isNew }
}

/** How long a first start may take, which makes the database. */
const ANSWERS_WITHIN_MS = 120_000

/**
 * Starts the service, now and with the machine, anew where its unit is another than before. Waits until it takes mail: it is the one that
 * makes the database and answers for it.
 * @throws Refusal 'invalid' with a sentence
 */
export async function startService(isNew: boolean, { listen, smtp }: Pick<Config, 'listen' | 'smtp'>): Promise<void> {
  run('systemctl', ['--quiet', 'enable', 'zegel.service'])
  run('systemctl', [isNew ? 'restart' : 'start', 'zegel.service'])
  const giveUpAt = performance.now() + ANSWERS_WITHIN_MS
  while (!(await takesConnections(listen[0] as string, smtp.port))) {
    if (performance.now() > giveUpAt)
      throw new Refusal('invalid', {
        fields: ['the service does not answer. See why: journalctl -u zegel -n 50'],
      })
    await sleep(500)
  }
}

/** Below the unit the program's folder is read-only: pages are built before. */
function prepareProgram(): void {
  run(process.execPath, [join(ROOT, 'ops/bootstrap.mjs'), '--prepare', 'serve'])
}

function haveUser(): ServiceUser {
  const known = userOf()
  if (known !== undefined) return known
  run('useradd', [
    '--system',
    '--user-group',
    '--home-dir',
    SERVICE_PLACES.data,
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    USER,
  ])
  const made = userOf()
  if (made === undefined) throw new Refusal('invalid', { fields: [`the user ${USER} could not be made`] })
  return made
}

function userOf(): ServiceUser | undefined {
  const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, USER], { encoding: 'utf8' }))
  if (uid?.status !== 0 || gid?.status !== 0) return undefined
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
}

function run(program: string, args: string[]): void {
  const { status } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new Refusal('invalid', { fields: [`${program} ${args[0]} failed`] })
}
