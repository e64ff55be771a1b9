/**
 * The words that mailers put before the subject of an answer or a forwarded message, besides the "Re", "Fw" and "Fwd"
 * of RFC 5256 §5: German, Dutch, the Nordic languages, French, Italian, Spanish, Portuguese, Polish and others.
 */
const MARKS = 're|fwd?|aw|wg|antw|doorst|sv|vs|vb|vl|tr|rép|réf|rif|i|r|rv|res|enc|odp|pd|ynt|ilt|να|απ|πρθ'

const MARK = new RegExp(
  String.raw`^(?:${MARKS})(?:\[\d{1,4}\]|\(\d{1,4}\)|\^\d{1,4})? *(?:\[[^[\]]*\] *)?[:：] *`,
  'iu',
)
const BLOB = /^\[[^[\]]*\] */
const TRAILER = '(fwd)'
const FORWARD = '[fwd:'

// Longer than any line; what follows has no part in telling threads apart.
const MAX_SUBJECT = 2_000

/**
 * The base subject by which answers belong together (RFC 5256 §2.1): without "Re:" and its kin, list tags, "(fwd)" and
 * doubled spaces. Case is kept: compare without it.
 * @param subject  decoded
 */
export function baseSubject(subject: string): string {
  let text = subject.slice(0, MAX_SUBJECT).replace(/\s+/g, ' ').trim()
  for (;;) {
    while (text.toLowerCase().endsWith(TRAILER)) text = text.slice(0, -TRAILER.length).trimEnd()
    text = withoutLeader(text)
    const isForward = text.toLowerCase().startsWith(FORWARD) && text.endsWith(']')
    if (!isForward) return text
    text = text.slice(FORWARD.length, -1).trim()
  }
}

/**
 * Whether a subject says that its message answers another or forwards it: what RFC 5256 §2.1 takes away of it is a mark, and not
 * list tags alone.
 */
export function saysItAnswers(subject: string): boolean {
  let text = subject.slice(0, MAX_SUBJECT).replace(/\s+/g, ' ').trim()
  const lower = text.toLowerCase()
  if (lower.endsWith(TRAILER) || (lower.startsWith(FORWARD) && lower.endsWith(']'))) return true
  for (let blob = BLOB.exec(text); blob !== null; blob = BLOB.exec(text)) text = text.slice(blob[0].length)
  return MARK.test(text)
}

/** Steps 3 to 5: marks with the list tags before them, then list tags that leave something. */
function withoutLeader(subject: string): string {
  for (let text = subject; ;) {
    const blob = BLOB.exec(text)?.[0].length ?? 0
    const untagged = text.slice(blob)
    const mark = MARK.exec(untagged)?.[0].length ?? 0
    if (mark === 0 && (blob === 0 || untagged === '')) return text
    text = untagged.slice(mark)
  }
}
