import { z } from 'zod'
import { checkArguments } from '../calls/method.ts'
import { MethodError } from '../calls/errors.ts'
import { MAX_FILTER_CONDITIONS, MAX_FILTER_DEPTH } from '../limits.ts'

/** A condition, or several under an operator. RFC 8620 §5.5. */
export type Filter<Condition> = Condition | FilterOperator<Condition>

export interface FilterOperator<Condition> {
  operator: 'AND' | 'OR' | 'NOT'
  conditions: Filter<Condition>[]
}

export const isOperator = <Condition extends object>(filter: Filter<Condition>): filter is FilterOperator<Condition> =>
  'operator' in filter

/** Whether a filter lets something through. @param holds  whether a condition does */
export function meets<Condition extends object>(
  filter: Filter<Condition> | null,
  holds: (condition: Condition) => boolean,
): boolean {
  if (filter === null) return true
  if (!isOperator(filter)) return holds(filter)
  const { operator, conditions } = filter
  if (operator === 'AND') return conditions.every((one) => meets(one, holds))
  const some = conditions.some((one) => meets(one, holds))
  return operator === 'OR' ? some : !some
}

const Operator = z.strictObject({
  operator: z.enum(['AND', 'OR', 'NOT']),
  conditions: z.array(z.record(z.string(), z.unknown())),
})

/**
 * Checks a filter and each of its conditions.
 * @param shape  the properties a condition may have
 * @throws MethodError 'unsupportedFilter' for a property that is not among them or too many conditions,
 *         'invalidArguments' for a value of the wrong type
 */
export function parseFilter<Shape extends z.ZodRawShape>(
  raw: Record<string, unknown>,
  shape: Shape,
): Filter<Partial<z.output<z.ZodObject<Shape>>>> {
  const condition = conditionOf(shape)
  let left = MAX_FILTER_CONDITIONS
  const parse = (one: Record<string, unknown>, depth: number): Filter<Partial<z.output<z.ZodObject<Shape>>>> => {
    if (--left < 0 || depth > MAX_FILTER_DEPTH)
      throw new MethodError('unsupportedFilter', 'filter: too many conditions')
    if ('operator' in one) {
      const { operator, conditions } = checkArguments(Operator, one)
      return { operator, conditions: conditions.map((each) => parse(each, depth + 1)) }
    }
    if (Object.keys(one).some((name) => !Object.hasOwn(shape, name)))
      throw new MethodError('unsupportedFilter', 'filter: a condition names what cannot be filtered by')
    return checkArguments(condition, one) as Partial<z.output<z.ZodObject<Shape>>>
  }
  return parse(raw, 0)
}

/** The check of each shape is compiled once: shapes are constants of the methods. */
const compiled = new WeakMap<z.ZodRawShape, z.ZodType>()

function conditionOf(shape: z.ZodRawShape): z.ZodType {
  const known = compiled.get(shape) ?? z.strictObject(shape).partial()
  compiled.set(shape, known)
  return known
}
