/** Words by which people say that something is attached, in the four languages. Whole words or their beginnings. */
const words = [
  // German
  /\b(?:im|in der|dem|den|der|als)\s+(?:anhang|anlagen?|beilage)\b/i,
  /\bange(?:h[äa]ngt|f[üu]gte?[nrs]?)\b/i,
  /\bbeigef[üu]gt/i,
  /\banbei\b/i,
  /\b(?:anhang|anlage)\s+(?:finde|sende|schicke)/i,
  // French
  /\bpi[èe]ces?[ -]jointes?\b/i,
  /\bci[ -]joint(?:e?s?)\b/i,
  /\ben annexe\b/i,
  /\bj(?:e |')(?:vous |te )?(?:joins|ai joint)\b/i,
  // Dutch
  /\b(?:in|als|de)\s+bijlagen?\b/i,
  /\bbijgevoegd/i,
  /\bbijgaand/i,
  // English
  /\battach(?:ed|ing|ment|ments)\b/i,
  /\benclosed\b/i,
]

/** Longer texts are looked at from both ends. */
const longest = 20_000

/** Whether a text says that something is attached. Only what the person wrote is to be given, not what is quoted. */
export function mentionsAttachment(text: string): boolean {
  const looked = text.length > longest ? `${text.slice(0, longest / 2)}\n${text.slice(-longest / 2)}` : text
  return words.some((pattern) => pattern.test(looked))
}
