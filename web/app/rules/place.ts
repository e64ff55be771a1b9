/** What the server says about a text that is no script: where, and one sentence. */
export interface Complaint {
  line: number
  column: number
  sentence: string
}

/** From a description such as "line 3, column 5: A semicolon is missing." Without a place it is all sentence, at the beginning. */
export function complaintOf(description: string): Complaint {
  const [, line = '1', column = '1', sentence = description] =
    /^line (\d+), column (\d+): ([^]*)$/.exec(description) ?? []
  return { line: Number(line), column: Number(column), sentence }
}

/** Where a place is in a text, in UTF-16 units. */
export function offsetOf(text: string, { line, column }: Pick<Complaint, 'line' | 'column'>): number {
  let start = 0
  for (let number = 1; number < line; number++) {
    const end = text.indexOf('\n', start)
    if (end === -1) return text.length
    start = end + 1
  }
  return Math.min(start + column - 1, text.length)
}
