import type { Command } from '../command.ts'
import { auth } from './auth.ts'
import { capa, noop } from './any-time.ts'
import { dele, rset } from './dele.ts'
import { list, stat, uidl } from './list.ts'
import { quit } from './quit.ts'
import { retr, top } from './retr.ts'
import { stls } from './stls.ts'
import { pass, user } from './user.ts'
import { utf8 } from './utf8.ts'

/** All commands by their names. No APOP: it wants passwords that can be read. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [capa, stls, utf8, user, pass, auth, stat, list, uidl, retr, top, dele, rset, noop, quit].map((command) => [
    command.name,
    command,
  ]),
)
