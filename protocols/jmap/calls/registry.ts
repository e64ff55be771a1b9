import type { BlobResolver, Capability, DataType } from '../capability.ts'
import type { Method } from './method.ts'

/** Everything the capabilities offer, for looking up. */
export interface Registry {
  readonly capabilities: ReadonlyMap<string, Capability>
  readonly methods: ReadonlyMap<string, { method: Method; capability: string }>
  /** The types whose changes are pushed. */
  readonly types: readonly DataType[]
  readonly blobs: readonly BlobResolver[]
}

export function openRegistry(capabilities: readonly Capability[]): Registry {
  return {
    capabilities: new Map(capabilities.map((capability) => [capability.uri, capability])),
    methods: new Map(
      capabilities.flatMap(({ uri, methods }) => methods.map((method) => [method.name, { method, capability: uri }])),
    ),
    types: capabilities.flatMap(({ types }) => types ?? []),
    blobs: capabilities.flatMap(({ blobs }) => blobs ?? []),
  }
}
