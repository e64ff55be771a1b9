/** The operator's command `./zegel`: a face like the others, over the same operations. */
export { runCommand } from './run.ts'
