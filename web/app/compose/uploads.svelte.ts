import { accountId, connection, limit, lost, session, whenOnline } from '../jmap/client.svelte.ts'
import type { Id } from '../jmap/types.ts'

/** How many files are sent at once; others wait. Fewer than the server takes, so that the rest of the app is served. */
const mostAtOnce = 3
let running = 0
const waiting: Upload[] = []

export type UploadStatus = 'waiting' | 'sending' | 'done' | 'failed'

/** Why a file is not there, in the words of `file.…`. */
export type UploadFailure = 'offline' | 'tooLarge' | 'infected' | 'notNow' | 'refused'

const failures: Record<number, UploadFailure | undefined> = { 413: 'tooLarge', 422: 'infected', 503: 'notNow' }

interface Described {
  name: string
  type: string
  size: number
  cid?: string
  address?: string
}

/** A file of a letter on its way to the server, or there already. */
export class Upload {
  readonly name: string
  readonly type: string
  readonly size: number
  /** Where it is shown from, for a picture that stands in the text. */
  readonly address: string | undefined
  /** Its Content-ID, when the text shows it. */
  readonly cid: string | undefined
  blobId: Id | undefined = $state()
  status: UploadStatus = $state('waiting')
  /** Bytes that have left. */
  sent: number = $state(0)
  failure: UploadFailure | undefined = $state()
  /** Seconds until it is done, once that can be told. */
  secondsLeft: number | undefined = $state()

  readonly #file: File | undefined
  #request: XMLHttpRequest | undefined
  #ended: () => void = () => {}

  private constructor(of: Described, file: File | undefined) {
    this.name = of.name
    this.type = of.type || 'application/octet-stream'
    this.size = of.size
    this.cid = of.cid
    this.address = of.address
    this.#file = file
  }

  /** @param cid  the Content-ID of a picture that is to stand in the text, where it is shown from now on */
  static of(file: File, cid?: string): Upload {
    const { name, type, size } = file
    return new Upload(
      cid === undefined ? { name, type, size } : { name, type, size, cid, address: URL.createObjectURL(file) },
      file,
    )
  }

  /** A file that the server has already: nothing is sent. */
  static stored(of: Described, blobId: Id): Upload {
    const upload = new Upload(of, undefined)
    upload.blobId = blobId
    upload.sent = of.size
    upload.status = 'done'
    return upload
  }

  /** Begins, or waits for its turn. `ended` is called when it is there or has failed. */
  start(ended: () => void): void {
    this.#ended = ended
    this.failure = undefined
    if (this.blobId !== undefined) return
    if (this.size > limit('maxSizeUpload')) return this.#fail('tooLarge')
    this.status = 'waiting'
    waiting.push(this)
    next()
  }

  retry(): void {
    this.start(this.#ended)
  }

  /** Stops it, and lets go of what is shown of it. */
  cancel(): void {
    const at = waiting.indexOf(this)
    if (at >= 0) waiting.splice(at, 1)
    this.#request?.abort()
    if (this.address) URL.revokeObjectURL(this.address)
  }

  send(): void {
    if (!this.#file) return
    running++
    this.status = 'sending'
    this.sent = 0
    const began = performance.now()
    // fetch tells nothing of what has left; this does.
    const request = new XMLHttpRequest()
    this.#request = request
    request.open('POST', session().uploadUrl.replace('{accountId}', encodeURIComponent(accountId())))
    request.setRequestHeader('X-Zegel', '1')
    request.setRequestHeader('Content-Type', this.type)
    request.responseType = 'json'
    request.upload.addEventListener('progress', ({ loaded }) => {
      this.sent = Math.min(loaded, this.size)
      const seconds = (performance.now() - began) / 1000
      if (seconds > 1 && loaded > 0) this.secondsLeft = Math.ceil(((this.size - this.sent) / loaded) * seconds)
    })
    const end = (failure: UploadFailure | undefined) => {
      running--
      this.#request = undefined
      this.secondsLeft = undefined
      if (failure) this.#fail(failure)
      next()
    }
    request.addEventListener('load', () => {
      const blobId = blobIdOf(request.response)
      if (request.status === 401) connection.signedOut = true
      if (request.status !== 201 && request.status !== 200) return end(failures[request.status] ?? 'refused')
      if (blobId === undefined) return end('refused')
      this.blobId = blobId
      this.sent = this.size
      this.status = 'done'
      end(undefined)
      this.#ended()
    })
    request.addEventListener('error', () => {
      end('offline')
      lost()
      void whenOnline().then(() => {
        if (this.failure === 'offline') this.retry()
      })
    })
    request.addEventListener('abort', () => end(undefined))
    request.send(this.#file)
  }

  #fail(failure: UploadFailure): void {
    this.failure = failure
    this.status = 'failed'
    this.#ended()
  }
}

function next(): void {
  while (running < Math.min(mostAtOnce, limit('maxConcurrentUpload'))) {
    const upload = waiting.shift()
    if (!upload) return
    upload.send()
  }
}

function blobIdOf(answer: unknown): Id | undefined {
  return answer && typeof answer === 'object' && 'blobId' in answer && typeof answer.blobId === 'string'
    ? answer.blobId
    : undefined
}
