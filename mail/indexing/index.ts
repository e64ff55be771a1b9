/** Puts the words of messages into the index, after they have arrived and never in their way. Runs in the part `worker`. */
export { startIndexing, type IndexingContext } from './start.ts'
export { indexBatch, type Batch } from './batch.ts'
