import { SvelteMap } from 'svelte/reactivity'
import { call } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { Id } from '../jmap/types.ts'
import { piecesOf, shorten, wordSet } from './marks.ts'
import type { Piece } from './marks.ts'
import { searchFilter } from './surroundings.ts'

/** What a search found in a letter, as its row shows it; undefined where nothing stands out. */
export interface Snippet {
  subject: Piece[] | undefined
  preview: Piece[] | undefined
}

/** Snippets asked for at once, and kept. */
const atOnce = 50
const mostKept = 1000

/** What was found by the search of this text; begun anew for another. */
let text: string | undefined
const snippets = new SvelteMap<Id, Snippet>()
const asked = new Set<Id>()
let words: ReadonlySet<string> = $state.raw(new Set<string>())

export function snippetOf(emailId: Id): Snippet | undefined {
  return snippets.get(emailId)
}

/** The words that the search found, in any form in which they stand in letters. */
export function foundWords(): ReadonlySet<string> {
  return words
}

/** Begins to gather what the search of this text finds; undefined when nothing is searched. */
export function beginFinding(wanted: string | undefined): void {
  if (text === wanted) return
  text = wanted
  snippets.clear()
  asked.clear()
  words = new Set()
  if (wanted !== undefined) void loadWords(wanted)
}

async function loadWords(wanted: string): Promise<void> {
  try {
    const answer = await call('Search/terms', { filter: searchFilter(wanted) })
    if (text === wanted) words = wordSet(answer.words)
  } catch (error) {
    // A list without marks is still a list.
    if (!(error instanceof Failure)) throw error
  }
}

/** Loads what was found in these letters, unless it is here. */
export async function loadSnippets(emailIds: readonly Id[]): Promise<void> {
  const wanted = text
  if (wanted === undefined) return
  if (asked.size > mostKept) asked.clear()
  const missing = emailIds.filter((id) => !asked.has(id)).slice(0, atOnce)
  if (missing.length === 0) return
  for (const id of missing) asked.add(id)
  try {
    const { list } = await call('SearchSnippet/get', { filter: searchFilter(wanted), emailIds: missing })
    if (text !== wanted) return
    if (snippets.size > mostKept) snippets.clear()
    for (const { emailId, subject, preview } of list)
      snippets.set(emailId, {
        subject: pieces(subject),
        preview: pieces(preview) && shorten(pieces(preview) ?? [], mostLead),
      })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    for (const id of missing) asked.delete(id)
  }
}

/** Characters before the first hit that a row of the list has room for. */
const mostLead = 24

function pieces(snippet: string | null): Piece[] | undefined {
  return snippet === null ? undefined : piecesOf(snippet)
}
