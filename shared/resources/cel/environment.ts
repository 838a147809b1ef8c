import { Environment } from '@marcbachmann/cel-js';
import { type Quantity, compareQuantities, isWholeQuantity, parseQuantity } from '../quantity.ts';
import { isCidr } from './cidr.ts';

/** CEL types need a class: the library tells values apart by their constructor. */
class CelQuantity {
  readonly amount: Quantity;
  constructor(amount: Quantity) {
    this.amount = amount;
  }
}

function quantityOf(text: string): CelQuantity {
  const amount = parseQuantity(text);
  if (!amount) throw new RangeError(`not a quantity: ${text}`);
  return new CelQuantity(amount);
}

/** CEL as the API server has it for CRDs: the standard functions and those of Kubernetes that our rules use. */
export const celEnvironment: Environment = new Environment()
  .registerVariable('self', 'dyn')
  .registerVariable('oldSelf', 'dyn')
  .registerType('Quantity', CelQuantity)
  .registerFunction('isQuantity(string): bool', (text: string) => parseQuantity(text) !== undefined)
  .registerFunction('quantity(string): Quantity', quantityOf)
  .registerFunction('Quantity.compareTo(Quantity): int', (left: CelQuantity, right: CelQuantity) => BigInt(compareQuantities(left.amount, right.amount)))
  .registerFunction('Quantity.isGreaterThan(Quantity): bool', (left: CelQuantity, right: CelQuantity) => compareQuantities(left.amount, right.amount) > 0)
  .registerFunction('Quantity.isLessThan(Quantity): bool', (left: CelQuantity, right: CelQuantity) => compareQuantities(left.amount, right.amount) < 0)
  .registerFunction('Quantity.isInteger(): bool', (quantity: CelQuantity) => isWholeQuantity(quantity.amount))
  .registerFunction('isCIDR(string): bool', isCidr);
