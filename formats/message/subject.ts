const BLOB = /^\[[^[\]]*\] */
const TRAILER = /\(fwd\)$/i
const FORWARD = /^\[fwd:(.*)\]$/is

/** subj-refwd. RFC 5256 §5. */
const REFWD = /^(?:re|fwd?) *(?:\[[^[\]]*\] *)?:/i

/**
 * The words that mailers put before the subject of an answer or a forwarded message, besides the "Re", "Fw" and "Fwd"
 * of RFC 5256 §5: German, Dutch, the Nordic languages, French, Italian, Spanish, Portuguese, Polish and others.
 */
const MARKS = 're|fwd?|aw|wg|antw|doorst|sv|vs|vb|vl|tr|rép|réf|rif|i|r|rv|res|enc|odp|pd|ynt|ilt|να|απ|πρθ'

const MARK = new RegExp(
  String.raw`^(?:${MARKS})(?:\[\d{1,4}\]|\(\d{1,4}\)|\^\d{1,4})? *(?:\[[^[\]]*\] *)?[:：] *`,
  'iu',
)

// Longer than any line; what follows has no part in telling subjects apart.
const MAX_SUBJECT = 2_000

export interface BaseSubject {
  text: string
  /** A reply or forwarded: something was taken away that says so, and not list tags alone (RFC 5256 §3). */
  isAnswer: boolean
}

/**
 * The base subject exactly as RFC 5256 §2.1 has it, for programs of whom some sort and thread by it themselves: marks of
 * other languages stay (§7). Case is kept: compare without it.
 * @param subject  decoded
 */
export function baseSubject(subject: string): BaseSubject {
  // (1) Other white space than tabs, line ends and spaces is a character like any other.
  return extract(subject.slice(0, MAX_SUBJECT).replace(/[\t\r\n ]+/g, ' '), REFWD)
}

/**
 * The subject by which the messages of our threads belong together, and by which JMAP orders them: without what RFC 5256
 * §2.1 takes away, and without the marks of other languages. It stands in the hashes of what belongs to one thread, so a given subject must go on giving the same.
 * @param subject  decoded
 */
export function threadSubject(subject: string): string {
  return extract(subject.slice(0, MAX_SUBJECT).replace(/\s+/g, ' ').trim(), MARK).text
}

/** Steps 2 to 6. @param subject  with single spaces */
function extract(subject: string, mark: RegExp): BaseSubject {
  let text = trimmed(subject)
  let isAnswer = false
  for (;;) {
    for (; TRAILER.test(text); isAnswer = true) text = trimmed(text.slice(0, -'(fwd)'.length))
    for (let left = withoutLeader(text, mark); left !== undefined; left = withoutLeader(text, mark)) {
      text = left.text
      isAnswer ||= left.isAnswer
    }
    const [, inner] = FORWARD.exec(text) ?? []
    if (inner === undefined) return { text, isAnswer }
    text = trimmed(inner)
    isAnswer = true
  }
}

/** Steps 3 to 5, once: a mark with the list tag before it, or a list tag that leaves something. */
function withoutLeader(text: string, mark: RegExp): BaseSubject | undefined {
  const blob = BLOB.exec(text)?.[0].length ?? 0
  const untagged = text.slice(blob)
  const marked = mark.exec(untagged)?.[0].length ?? 0
  if (marked === 0 && (blob === 0 || untagged === '')) return undefined
  return { text: trimmed(untagged.slice(marked)), isAnswer: marked > 0 }
}

const trimmed = (text: string): string => text.replace(/^ | $/g, '')
