import { DEEPEST, NAME_BYTES } from '#items'
import { SORT_PROPERTIES } from '#mail'
import type { BlobResolver, Capability } from '../capability.ts'
import { maxSizeUpload } from '../limits.ts'
import { contentOf, maxSizeAttachments } from './email/create.ts'
import { emailMethods } from './email/index.ts'
import { mailboxMethods } from './mailbox/index.ts'
import { searchMethods } from './search/index.ts'
import { types } from './states.ts'
import { threadMethods } from './thread/index.ts'

/** Messages and their parts, by the ids that Email objects name them with. */
const findMailBlob: BlobResolver = contentOf

/** RFC 8621. */
export const mail: Capability = {
  uri: 'urn:ietf:params:jmap:mail',
  needs: 'mail',
  server: () => ({}),
  account: (config) => ({
    maxMailboxesPerEmail: null,
    maxMailboxDepth: DEEPEST + 1,
    maxSizeMailboxName: NAME_BYTES,
    maxSizeAttachmentsPerEmail: maxSizeAttachments(maxSizeUpload(config)),
    emailQuerySortOptions: SORT_PROPERTIES,
    mayCreateTopLevelMailbox: true,
  }),
  methods: [...mailboxMethods, ...threadMethods, ...emailMethods, ...searchMethods],
  types,
  blobs: [findMailBlob],
}
