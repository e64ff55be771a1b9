import type { Command } from '../command.ts'
import { capability, id, logout, noop } from './any-time.ts'
import { enable } from './enable.ts'
import { fetchNumbers, fetchUids } from './fetch.ts'
import { idle } from './idle.ts'
import { unselect } from './leave.ts'
import { searchNumbers, searchUids } from './search.ts'
import { examine, select } from './select.ts'
import { authenticate, login } from './sign-in.ts'
import { sortNumbers, sortUids } from './sort.ts'
import { starttls } from './starttls.ts'
import { storeNumbers, storeUids } from './store.ts'
import { threadNumbers, threadUids } from './thread.ts'

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
    fetchNumbers,
    fetchUids,
    storeNumbers,
    storeUids,
    searchNumbers,
    searchUids,
    sortNumbers,
    sortUids,
    threadNumbers,
    threadUids,
    idle,
  ].map((command) => [command.name, command]),
)
