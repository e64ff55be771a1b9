import type { BlobResolver, Capability, DataType, Needs } from '../capability.ts'
import type { Method } from './method.ts'

/** Everything the capabilities offer, for looking up. */
export interface Registry {
  readonly capabilities: ReadonlyMap<string, Capability>
  readonly methods: ReadonlyMap<string, { method: Method; capability: string; needs: Needs | undefined }>
  /** The types whose changes are pushed. */
  readonly types: readonly (DataType & { needs: Needs | undefined })[]
  readonly blobs: readonly { resolve: BlobResolver; needs: Needs | undefined }[]
}

export function openRegistry(capabilities: readonly Capability[]): Registry {
  return {
    capabilities: new Map(capabilities.map((capability) => [capability.uri, capability])),
    methods: new Map(
      capabilities.flatMap(({ uri, methods, needs }) =>
        methods.map((method) => [method.name, { method, capability: uri, needs }]),
      ),
    ),
    types: capabilities.flatMap(({ types = [], needs }) => types.map((type) => ({ ...type, needs }))),
    blobs: capabilities.flatMap(({ blobs = [], needs }) => blobs.map((resolve) => ({ resolve, needs }))),
  }
}
