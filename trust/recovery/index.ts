/**
 * The way back in for whoever has lost the second factor: by the address outside, after a time in which it is told on every channel,
 * and can be stopped on each.
 */
export {
  beginRecovery,
  beginRecoveryFor,
  finishRecovery,
  goOnWithRecoveries,
  stopRecovery,
  stopRecoveryBy,
} from './recover.ts'
