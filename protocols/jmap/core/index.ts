import type { Capability } from '../capability.ts'
import { limits, maxSizeUpload } from '../limits.ts'
import { findUploaded } from '../endpoints/blobs.ts'
import { echo } from './echo.ts'

/** RFC 8620. */
export const core: Capability = {
  uri: 'urn:ietf:params:jmap:core',
  server: (config) => ({ maxSizeUpload: maxSizeUpload(config), ...limits }),
  account: () => ({}),
  methods: [echo],
  blobs: [findUploaded],
}
