import { hitsIn } from './marks.ts'

/** The name under which found words are highlighted, in the page and in the frames of letters. */
export const highlight = 'found'
/** The one that was gone to. */
export const current = 'found-here'

/** More marks than this help nobody. */
const mostHits = 500

/** The ranges below a node in which words of the set stand. */
export function rangesOf(root: Node, words: ReadonlySet<string>): Range[] {
  if (words.size === 0) return []
  const document = root.ownerDocument ?? (root as Document)
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
  const ranges: Range[] = []
  for (let node = walker.nextNode(); node && ranges.length < mostHits; node = walker.nextNode())
    for (const [begin, end] of hitsIn(node.nodeValue ?? '', words)) {
      const range = document.createRange()
      range.setStart(node, begin)
      range.setEnd(node, end)
      ranges.push(range)
    }
  return ranges
}

type Highlights = { CSS: { highlights: HighlightRegistry }; Highlight: typeof Highlight }

/** Marks ranges in their document, in place of those that were marked before. */
export function mark(document: Document, name: string, ranges: readonly Range[]): void {
  // Each document has a registry of its own, and constructors that go with it.
  const view = document.defaultView as (Window & Partial<Highlights>) | null
  if (!view?.CSS?.highlights || !view.Highlight) return
  if (ranges.length === 0) view.CSS.highlights.delete(name)
  else view.CSS.highlights.set(name, new view.Highlight(...ranges))
}
