import { connect } from 'node:net'

const WAIT_MS = 3000

/** Whether something takes a connection. @param banner  whether it has to say "220" as well, as a mail server does (RFC 5321 §4.2) */
export function takesConnections(host: string, port: number, banner = false): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: WAIT_MS })
    const end = (does: boolean): void => {
      socket.destroy()
      resolve(does)
    }
    socket
      .once('connect', () => !banner && end(true))
      .once('data', (data: Buffer) => end(data.toString('latin1').startsWith('220')))
      .once('error', () => end(false))
      .once('timeout', () => end(false))
      .once('end', () => end(false))
  })
}
