declare module '@postalsys/vmc' {
  import type { X509Certificate } from 'node:crypto'

  /** The authorities for marks that the field has agreed on. What else the package does is not asked of it: its look at a chain compares names alone. */
  export const RootStore: { create(): { rootCerts: readonly X509Certificate[] } }
}
