import { badRequest } from '../api/errors.ts';

export type Labels = Readonly<Record<string, string>>;
export type Matcher = (labels: Labels) => boolean;

const everything: Matcher = () => true;
const setBased = /^(!?)\s*([^\s=!,()]+)(?:\s+(in|notin)\s*\(([^)]*)\))?$/;
const equality = /^([^\s=!,()]+)\s*(==|=|!=)\s*([^\s=!,()]*)$/;

/** `a=b,c!=d,e in (f,g),h notin (i),j,!k`. 400 for what cannot be read. */
export function parseLabelSelector(text: string | undefined): Matcher {
  if (text === undefined || text.trim() === '') return everything;
  const matchers = splitOutsideBrackets(text).map((part) => requirement(part.trim(), text));
  return (labels) => matchers.every((matches) => matches(labels));
}

function requirement(part: string, whole: string): Matcher {
  const equal = equality.exec(part);
  if (equal) {
    const [, key, operator, value] = equal;
    return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  const set = setBased.exec(part);
  if (!set) throw badRequest(`unable to parse requirement: cannot read "${part}" in label selector "${whole}"`);
  const [, not, key, operator, list] = set;
  if (operator === undefined) return not === '!' ? (labels) => !(key in labels) : (labels) => key in labels;
  const values = new Set(list.split(',').map((value) => value.trim()));
  return operator === 'in' ? (labels) => key in labels && values.has(labels[key]) : (labels) => !(key in labels && values.has(labels[key]));
}

function splitOutsideBrackets(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1;
    else if (text[at] === ')') depth -= 1;
    else if (text[at] === ',' && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}

export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[];
}

/** metav1.LabelSelector: absent matches nothing, empty matches everything. */
export function matcherOf(selector: LabelSelector | undefined): Matcher {
  if (!selector) return () => false;
  const equal = Object.entries(selector.matchLabels ?? {});
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }): Matcher => {
    if (operator === 'In') return (labels) => key in labels && values.includes(labels[key]);
    if (operator === 'NotIn') return (labels) => !(key in labels && values.includes(labels[key]));
    return operator === 'Exists' ? (labels) => key in labels : (labels) => !(key in labels);
  });
  return (labels) => equal.every(([key, value]) => labels[key] === value) && expressions.every((matches) => matches(labels));
}
