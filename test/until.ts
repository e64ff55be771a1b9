import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'

/** Waits until something is so. @throws AssertionError that names it when it is not within ten seconds */
export async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await isSo()) return
    await wait(25)
  }
  assert.fail(`not within ten seconds: ${what}`)
}
