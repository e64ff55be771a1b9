import { spawnSync } from 'node:child_process'
import { dirname, resolve } from 'node:path'

/** Where everything is kept: `ZEGEL_DATA`, else `data` in the clone, else, when root's database user cannot reach that, `/var/lib/zegel`. */
export function dataFolder(): string {
  if (process.env['ZEGEL_DATA'] !== undefined) return resolve(process.env['ZEGEL_DATA'])
  const inClone = resolve(dirname(dirname(import.meta.dirname)), 'data')
  return reachableByOthers(dirname(inClone)) ? inClone : '/var/lib/zegel'
}

/** Whether a user without rights may pass through to this folder. Only root needs to ask: others run the database as themselves. */
export function reachableByOthers(folder: string): boolean {
  if (process.getuid?.() !== 0) return true
  const nobody = 65534
  return spawnSync('/usr/bin/test', ['-x', folder], { uid: nobody, gid: nobody }).status === 0
}
