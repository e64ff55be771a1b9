import type { FileHandle } from 'node:fs/promises'

/**
 * The bytes of a file, which is closed at the end. A stream of the library takes a buffer of full size for the last bytes and another
 * one to find the end: for many small files the collector of garbage did nothing else.
 * @param most  bytes of a piece
 */
export async function* piecesOf(file: FileHandle, most: number): AsyncGenerator<Buffer, void> {
  try {
    const { size } = await file.stat()
    for (let at = 0; at < size;) {
      const piece = Buffer.allocUnsafe(Math.min(most, size - at))
      const { bytesRead } = await file.read(piece, 0, piece.length, at)
      if (bytesRead === 0) return
      at += bytesRead
      yield piece.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

/** The last room of a disk takes a part of what is written, and says so by the number alone; what is written next fails. */
export async function writeAll(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  let { bytesWritten: left } = await file.writev(pieces)
  for (const piece of pieces) {
    for (let at = Math.min(left, piece.length); at < piece.length;) at += (await file.write(piece, at)).bytesWritten
    left = Math.max(0, left - piece.length)
  }
}
