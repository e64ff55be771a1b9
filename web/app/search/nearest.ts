import { plain } from './operators.ts'

/** Longer words are not compared. */
const longest = 40

/** The word that is nearest to one that was mistyped, the more frequent first; undefined when none is near. */
export function nearest(typed: string, words: readonly string[]): string | undefined {
  const wanted = plain(typed).slice(0, longest)
  const most = wanted.length < 6 ? 1 : 2
  let best: { word: string; distance: number } | undefined
  for (const word of words) {
    const distance = distanceOf(wanted, plain(word).slice(0, longest))
    if (distance > 0 && distance <= most && distance < (best?.distance ?? Infinity)) best = { word, distance }
  }
  return best?.word
}

/** Letters left out, put in, exchanged, or swapped with their neighbour (optimal string alignment). */
function distanceOf(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1)
      next.push(least)
    }
    before = row
    row = next
  }
  return row[b.length] ?? 0
}
