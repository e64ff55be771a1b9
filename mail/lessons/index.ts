/**
 * Notices what owners teach the filter for junk by what they do, and has it learn that, after the fact and in the background. Runs in the part
 * `worker`. Writes `spam_lesson`, and of `spam_training` how far an account was looked at.
 */
export { startLearning, type LearningContext } from './start.ts'
export { learnNext, type Learnt } from './learn.ts'
