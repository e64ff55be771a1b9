import { EventEmitter } from 'node:events'
import type pg from 'pg'

/** The part of pg's connection that reads. */
interface Reading extends EventEmitter {
  attachListeners(stream: EventEmitter): void
}

const ROW_DESCRIPTION = 0x54
const DATA_ROW = 0x44
/** A message is: type (1 byte), length of itself and what follows (4 bytes), content. */
const HEAD = 5

/**
 * Has a connection give the columns of binary results as bytes. pg asks for them in that form and knows what to do with
 * them, but what reads its connection makes UTF-8 text of every value. So rows of binary results are read here, and everything
 * else goes on to pg's own reader. Call before the connection is made.
 */
export function readBytes(client: pg.Client): void {
  const connection = (client as unknown as { connection: Reading }).connection
  const attach = connection.attachListeners.bind(connection)
  connection.attachListeners = (stream) => {
    const others = new EventEmitter()
    attach(others)
    // pg asks for a description with every execution, so the newest one is that of the rows that follow.
    let isBinary = false
    connection.on('rowDescription', ({ fields }: { fields: { format: string }[] }) => {
      isBinary = fields[0]?.format === 'binary'
    })
    /** The beginning of a message of which more is to come, and how long it has to be before it is worth a look. */
    let pieces: Buffer[] = []
    let held = 0
    let wanted = 0
    const read = (bytes: Buffer): void => {
      let passedOn = 0
      let at = 0
      const passOn = (): void => {
        if (at > passedOn) others.emit('data', bytes.subarray(passedOn, at))
        passedOn = at
      }
      while (at + HEAD <= bytes.length) {
        const end = at + 1 + bytes.readUInt32BE(at + 1)
        if (end > bytes.length) break
        const type = bytes[at]
        if (type === DATA_ROW && isBinary) {
          passOn()
          connection.emit('dataRow', { name: 'dataRow', fields: columns(bytes, at + HEAD) })
          at = passedOn = end
          continue
        }
        at = end
        // What is described must be known before its rows.
        if (type === ROW_DESCRIPTION) passOn()
      }
      passOn()
      if (at === bytes.length) return
      pieces = [bytes.subarray(at)]
      held = bytes.length - at
      wanted = held < HEAD ? HEAD : 1 + bytes.readUInt32BE(at + 1)
    }
    stream.on('data', (chunk: Buffer) => {
      if (held === 0) return read(chunk)
      pieces.push(chunk)
      held += chunk.length
      if (held < wanted) return
      const whole = Buffer.concat(pieces, held)
      pieces = []
      held = 0
      read(whole)
    })
    stream.on('end', () => others.emit('end'))
  }
}

/** The columns of a DataRow: their number (2 bytes), then of each its length (4 bytes, -1 for null) and its bytes. */
function columns(bytes: Buffer, at: number): (Buffer | null)[] {
  const values: (Buffer | null)[] = []
  let from = at + 2
  for (let left = bytes.readUInt16BE(at); left > 0; left--) {
    const length = bytes.readInt32BE(from)
    from += 4
    values.push(length === -1 ? null : bytes.subarray(from, from + length))
    if (length > 0) from += length
  }
  return values
}
