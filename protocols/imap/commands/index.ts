import type { Command } from '../command.ts'
import { append } from './append.ts'
import { capability, id, logout, noop } from './any-time.ts'
import { copyNumbers, copyUids, moveNumbers, moveUids } from './copy.ts'
import { enable } from './enable.ts'
import { expungeAll, expungeUids } from './expunge.ts'
import { fetchNumbers, fetchUids } from './fetch.ts'
import { idle } from './idle.ts'
import { close, unselect } from './leave.ts'
import { replaceNumber, replaceUid } from './replace.ts'
import { examine, select } from './select.ts'
import { authenticate, login } from './sign-in.ts'
import { starttls } from './starttls.ts'
import { storeNumbers, storeUids } from './store.ts'

/** All commands by their names. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [
    capability,
    noop,
    logout,
    id,
    starttls,
    login,
    authenticate,
    enable,
    select,
    examine,
    unselect,
    append,
    copyNumbers,
    copyUids,
    moveNumbers,
    moveUids,
    expungeAll,
    expungeUids,
    close,
    replaceNumber,
    replaceUid,
    fetchNumbers,
    fetchUids,
    storeNumbers,
    storeUids,
    idle,
  ].map((command) => [command.name, command]),
)
