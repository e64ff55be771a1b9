/**
 * Connections of lines and counted bytes, which several mail protocols share: reading, writing, TLS, limits. Knows no
 * protocol.
 */
export { ConnectionLost, lineConnection, LineTooLong, type LineConnection } from './connection.ts'
export { listenLines, type Listening, type ListenOptions } from './listen.ts'
export { budget, concurrent, perMinute } from './limits.ts'
