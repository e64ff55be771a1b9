import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { Duplex, Readable, Writable } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { constants, createDeflateRaw, createInflateRaw } from 'node:zlib'
import { sniOf, type ServerCertificates } from '#system'

/** The peer sent more than it may before the end of a line. */
export class LineTooLong extends Error {
  override name = 'LineTooLong'
}

/** The peer has gone, or was too slow. Whatever it had asked for is moot. */
export class ConnectionLost extends Error {
  override name = 'ConnectionLost'
}

/**
 * A connection of lines and counted bytes, as IMAP, POP3 and ManageSieve have it. Reading is asked for, so that a peer
 * that sends faster than it is served waits in its own system; writing is gathered by turn of the event loop.
 */
export interface LineConnection {
  readonly remoteAddress: string
  /** Whether the peer is on this machine. */
  readonly isLocal: boolean
  readonly isSecure: boolean
  readonly isLost: boolean
  /** Whether bytes have come that nobody has read yet. */
  readonly hasUnread: boolean
  /** The next line without its line end (LF, and CR before it); undefined when the peer has gone. @throws LineTooLong */
  readLine(mostBytes: number): Promise<Buffer | undefined>
  /** So many bytes. Whoever asks has bounded them. @throws ConnectionLost */
  readBytes(count: number): Promise<Buffer>
  /** Reads as many bytes and throws them away. @throws ConnectionLost */
  discard(count: number): Promise<void>
  write(data: string | Uint8Array): void
  /** Waits until the peer has taken most of what was written. @throws ConnectionLost */
  drained(): Promise<void>
  /** Bytes that were written and that the peer has not taken. */
  readonly waitingBytes: number
  /**
   * Goes on under TLS. Nothing may be unread: what came before it in clear is not from whom it seems.
   * @throws ConnectionLost also when the handshake fails, or takes longer than a client's does
   */
  startTls(certificates: ServerCertificates): Promise<void>
  /** Goes on with DEFLATE in both directions. RFC 4978. */
  compress(): void
  /**
   * After this long without a byte in either direction the connection is lost.
   * @param farewell  what is said before, unless it is '' or the peer does not take what was said already
   */
  setIdleLimit(milliseconds: number, farewell: string): void
  /** Says these last words, if any, and closes: nothing more is read, and nothing that comes later is said. */
  part(words: string): void
  onLost(hear: () => void): void
  /** Sends what was written and closes. */
  end(): void
  /** Closes at once. */
  destroy(): void
}

/** Bytes read ahead at most, and bytes written ahead before `drained` waits. */
const READ_AHEAD = 64 * 1024
const WRITE_AHEAD = 256 * 1024
/** What is written is gathered up to this length before it leaves: a write costs as much as copying that. */
const GATHERED = 64 * 1024
/** How long a peer may take to take the last words. */
const LINGER_MS = 5000

/** A handshake that takes longer is no client's. */
const HANDSHAKE_MS = 20_000

const LF = 10
const CR = 13

export function lineConnection(accepted: Socket): LineConnection {
  let socket: Socket = accepted
  let input: Readable = accepted
  let output: Writable = accepted
  let isSecure = false
  const remoteAddress = accepted.remoteAddress ?? ''

  // ── reading ──
  let chunks: Buffer[] = []
  let unread = 0
  let isEnded = false
  let hasParted = false
  let wakeReader: (() => void) | undefined
  const wake = (): void => {
    wakeReader?.()
    wakeReader = undefined
  }
  const onData = (chunk: Buffer): void => {
    if (hasParted) return
    chunks.push(chunk)
    unread += chunk.length
    if (unread > READ_AHEAD) input.pause()
    wake()
  }
  const hearers: (() => void)[] = []
  const onEnd = (): void => {
    if (isEnded) return
    isEnded = true
    wake()
    for (const hear of hearers.splice(0)) hear()
  }
  const more = (): Promise<void> => {
    input.resume()
    return new Promise((resolve) => (wakeReader = resolve))
  }
  const attach = (): void => {
    input.on('data', onData)
    input.on('end', onEnd)
    input.on('error', () => {
      onEnd()
      accepted.destroy()
    })
    output.on('error', () => undefined)
  }
  /** Takes bytes that are there. */
  const take = (count: number): Buffer => {
    const taken: Buffer[] = []
    for (let left = count; left > 0;) {
      const first = chunks[0] as Buffer
      if (first.length <= left) {
        taken.push(first)
        chunks.shift()
        left -= first.length
      } else {
        taken.push(first.subarray(0, left))
        chunks[0] = first.subarray(left)
        left = 0
      }
    }
    unread -= count
    return taken.length === 1 ? (taken[0] as Buffer) : Buffer.concat(taken, count)
  }

  // ── writing ──
  /** What is gathered: bytes, and the text after them. */
  let bytes: Uint8Array[] = []
  let bytesLength = 0
  let text = ''
  let isGathering = false
  const textToBytes = (): void => {
    if (text === '') return
    const encoded = Buffer.from(text)
    text = ''
    bytes.push(encoded)
    bytesLength += encoded.length
  }
  const flush = (): void => {
    isGathering = false
    if (bytesLength > 0) textToBytes()
    const gathered = bytesLength > 0 ? Buffer.concat(bytes, bytesLength) : text
    bytes = []
    bytesLength = 0
    text = ''
    if (gathered.length > 0) send(gathered)
  }
  let farewell = ''
  let deflate: ReturnType<typeof createDeflateRaw> | undefined
  const send = (data: string | Uint8Array): void => {
    if (isEnded || output.destroyed || output.writableEnded) return
    output.write(data)
    // What is said must reach the peer although more may follow (RFC 4978 §3).
    deflate?.flush(constants.Z_SYNC_FLUSH)
  }
  const waitingBytes = (): number =>
    text.length + bytesLength + output.writableLength + (output === socket ? 0 : socket.writableLength)

  const write = (data: string | Uint8Array): void => {
    if (typeof data === 'string') text += data
    else if (data.length > GATHERED) {
      flush()
      return send(data)
    } else {
      textToBytes()
      bytes.push(data)
      bytesLength += data.length
    }
    if (text.length + bytesLength > GATHERED) return flush()
    if (isGathering) return
    isGathering = true
    setImmediate(flush)
  }

  const end = (): void => {
    flush()
    output.end()
    if (output !== socket) output.once('finish', () => socket.end())
    setTimeout(() => accepted.destroy(), LINGER_MS).unref()
  }

  const part = (words: string): void => {
    if (words === '') return void accepted.destroy()
    write(words)
    end()
    hasParted = true
    chunks = []
    unread = 0
    onEnd()
  }

  accepted.setNoDelay(true)
  accepted.on('close', onEnd)
  accepted.on('timeout', () => (waitingBytes() > 0 ? accepted.destroy() : part(farewell)))
  attach()

  return {
    remoteAddress,
    isLocal: /^(?:::ffff:)?127\.|^::1$/.test(remoteAddress),
    get isSecure() {
      return isSecure
    },
    get isLost() {
      return isEnded
    },
    get hasUnread() {
      return unread > 0
    },
    get waitingBytes() {
      return waitingBytes()
    },

    async readLine(mostBytes) {
      let [index, before] = [0, 0]
      for (;;) {
        for (; index < chunks.length; index++) {
          const chunk = chunks[index] as Buffer
          const at = chunk.indexOf(LF)
          if (at === -1) {
            before += chunk.length
            continue
          }
          if (before + at > mostBytes) throw new LineTooLong()
          const line = take(before + at + 1)
          return line.subarray(0, line.length - (line[line.length - 2] === CR ? 2 : 1))
        }
        if (before > mostBytes) throw new LineTooLong()
        if (isEnded) return undefined
        await more()
      }
    },

    async readBytes(count) {
      const pieces: Buffer[] = []
      for (let left = count; left > 0;) {
        if (unread === 0) {
          if (isEnded) throw new ConnectionLost()
          await more()
          continue
        }
        const piece = take(Math.min(left, unread))
        pieces.push(piece)
        left -= piece.length
      }
      return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces, count)
    },

    async discard(count) {
      for (let left = count; left > 0;) {
        if (unread === 0) {
          if (isEnded) throw new ConnectionLost()
          await more()
        } else left -= take(Math.min(left, unread)).length
      }
    },

    write,

    async drained() {
      flush()
      while (!isEnded && waitingBytes() > WRITE_AHEAD) {
        const stopped = new AbortController()
        const { signal } = stopped
        const waiting = output.writableLength > 0 ? output : socket
        await Promise.race([once(waiting, 'drain', { signal }), once(accepted, 'close', { signal })])
          .catch(() => undefined)
          .finally(() => stopped.abort())
      }
      if (isEnded) throw new ConnectionLost()
    },

    async startTls(certificates) {
      flush()
      input.removeAllListeners('data').removeAllListeners('end').removeAllListeners('error')
      chunks = []
      unread = 0
      const secured = new TLSSocket(accepted, {
        isServer: true,
        secureContext: certificates.contextFor(),
        SNICallback: sniOf(certificates),
      })
      accepted.on('error', onEnd)
      socket = secured
      input = secured
      output = secured
      attach()
      secured.on('close', onEnd)
      const late = setTimeout(() => accepted.destroy(), HANDSHAKE_MS)
      await Promise.race([once(secured, 'secure'), once(accepted, 'close')]).catch(() => undefined)
      clearTimeout(late)
      if (isEnded) throw new ConnectionLost()
      isSecure = true
    },

    compress() {
      flush()
      const inflate = createInflateRaw()
      deflate = createDeflateRaw({ level: 6, memLevel: 8 })
      input.removeAllListeners('data').removeAllListeners('end')
      // What has come already was compressed by whoever asked for it.
      const early = chunks
      chunks = []
      unread = 0
      deflate.pipe(socket as Duplex)
      for (const chunk of early) inflate.write(chunk)
      socket.on('end', onEnd)
      socket.pipe(inflate)
      input = inflate
      output = deflate
      attach()
    },

    setIdleLimit(milliseconds, words) {
      farewell = words
      accepted.setTimeout(milliseconds)
    },
    part,

    onLost(hear) {
      if (isEnded) hear()
      else hearers.push(hear)
    },

    end,

    destroy: () => void accepted.destroy(),
  }
}
