/**
 * Connections of lines and counted bytes, which several mail protocols share: reading, writing, TLS, limits, and the
 * dialogue of those in which each command has one reply. Knows no protocol.
 */
export { ConnectionLost, lineConnection, LineTooLong, type LineConnection } from './connection.ts'
export { BadCommand } from './bad-command.ts'
export { keepDialogue } from './dialogue.ts'
export { watchDoor } from './door.ts'
export { listenLines, type Listening, type ListenOptions } from './listen.ts'
export { budget, concurrent, perMinute } from './limits.ts'
export { LineSession, type Entered, type SessionContext } from './session.ts'
