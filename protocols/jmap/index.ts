/**
 * JMAP (RFC 8620, RFC 8887): the session resource, method calls, uploads, downloads, push. What the methods are about
 * stands in folders of their own, one `Capability` each (capabilities.ts). Knows nothing of cookies and passwords:
 * `protocols/http` says who asks.
 */
export { openJmap, type Jmap } from './face.ts'
export type { JmapContext, Visitor, Wire, WireApp, WireContext } from './context.ts'
export { Problem } from './calls/errors.ts'
