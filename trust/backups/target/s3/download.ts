import { Refusal } from '#system'
import { codeOf, isLost, piecesOf, StoreSaid, unavailable, type Store } from './ask.ts'

/** Times that the connection may break within one object. */
const MOST_BREAKS = 16

/**
 * The bytes of an object. When the connection breaks it goes on where it was (RFC 9110 §14.2), in the same object.
 * @throws Refusal 'notFound' before the first piece; 'unavailable'
 */
export async function* download(store: Store, name: string): AsyncGenerator<Buffer, void> {
  let at = 0
  let etag: string | undefined
  for (let breaks = 0; ;) {
    const rest = at === 0 ? {} : { range: `bytes=${at}-`, ...(etag === undefined ? {} : { 'if-match': etag }) }
    const answer = await store.open({ method: 'GET', name, headers: rest }).catch((error: unknown) => {
      const said = error instanceof Refusal ? error.cause : undefined
      // A bucket that is not there is not an object that is not there.
      const isMissing = said instanceof StoreSaid && said.status === 404 && said.code === 'NoSuchKey' && at === 0
      throw isMissing ? new Refusal('notFound', { fields: [name], cause: said }) : error
    })
    if (at > 0 && (answer.statusCode !== 206 || !answer.headers['content-range']?.startsWith(`bytes ${at}-`))) {
      answer.destroy()
      throw unavailable(`${name}: the connection broke, and the store does not go on in the middle`)
    }
    etag = answer.headers.etag
    try {
      for await (const piece of piecesOf(answer)) {
        at += piece.length
        yield piece
      }
      return
    } catch (error) {
      if (!isLost(error) || ++breaks > MOST_BREAKS)
        throw unavailable(`${name}: the connection broke: ${codeOf(error)}`, error)
    }
  }
}
