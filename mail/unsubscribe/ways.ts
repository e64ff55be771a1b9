import { lastValue, parseAddress, type Message } from '#formats/message'

/** What a letter to a list's own address is to say. */
export interface LeavingLetter {
  to: string
  subject: string
  text: string
}

/** How a list can be left. RFC 2369 §3.2, RFC 8058. */
export interface Ways {
  /** Takes a POST, and asks nothing. */
  post: string | undefined
  mail: LeavingLetter | undefined
  /** A page for a person. */
  page: string | undefined
}

const MOST_URL = 4096
const MOST_SUBJECT = 200
const MOST_TEXT = 2000

/** What RFC 8058 §3.1 has a list say, and §3.2 has us post. */
export const ONE_CLICK = 'List-Unsubscribe=One-Click'

export function waysOut(message: Message): Ways {
  const { root } = message
  const urls = (lastValue(message, root, 'List-Unsubscribe', 'URLs') ?? []).slice(0, 20).flatMap(parse)
  const takesPost =
    lastValue(message, root, 'List-Unsubscribe-Post', 'Text')?.trim().toLowerCase() === ONE_CLICK.toLowerCase()
  const first = (scheme: string): string | undefined => urls.find(({ protocol }) => protocol === scheme)?.href
  return {
    post: takesPost ? first('https:') : undefined,
    mail: urls.map(leavingLetter).find((letter) => letter !== undefined),
    page: first('https:') ?? first('http:'),
  }
}

function parse(text: string): URL[] {
  const url = text.length > MOST_URL ? null : URL.parse(text)
  return url === null || url.username !== '' || url.password !== '' ? [] : [url]
}

/** Of a mailto URL (RFC 6068 §2) the address, the subject and the text; whatever else it wants written is not. */
function leavingLetter({ protocol, pathname, search }: URL): LeavingLetter | undefined {
  if (protocol !== 'mailto:') return undefined
  const to = parseAddress(decoded(pathname))?.address
  if (to === undefined) return undefined
  // A "+" is one, and no space.
  const parameters = new URLSearchParams(search.replaceAll('+', '%2B'))
  const said = (name: string): string | undefined => [...parameters].find(([key]) => key.toLowerCase() === name)?.[1]
  return {
    to,
    subject:
      (said('subject') ?? '')
        .replace(/\p{Cc}+/gu, ' ')
        .trim()
        .slice(0, MOST_SUBJECT) || 'unsubscribe',
    text: (said('body') ?? '').slice(0, MOST_TEXT),
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
