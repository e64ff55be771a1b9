import { snippets } from './snippets.ts'
import { suggest } from './suggest.ts'
import { terms } from './terms.ts'

/** RFC 8621 §5. */
export const searchMethods = [snippets]

/** What no RFC has. docs/jmap-extensions.md. */
export const searchExtras = [suggest, terms]
