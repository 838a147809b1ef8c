import { entryType } from '../../engine/entry-layout.ts';
import type { Zsets } from '../../engine/collections/zsets.ts';
import { latin1At } from '../arguments.ts';
import { doubleAt } from '../double-argument.ts';
import { integerAt } from '../integer-text.ts';
import { notAnIntegerLine, optionIs, readCollection, syntaxErrorLine, wrongType } from '../key-access.ts';
import { keyBehind } from '../key-specs.ts';
import type { Call, KeySpec, OptionGrammar } from '../spec.ts';
import { pointOf, type Point } from './coordinates.ts';
import { unitAt } from './distance.ts';
import { pointAt } from './point-argument.ts';
import type { Shape } from './search-area.ts';

/** What a command's name says about its arguments. */
export interface SearchKind {
  /** GEORADIUS: the centre as coordinates; GEORADIUSBYMEMBER: as a member; GEOSEARCH: by options. */
  readonly center: 'coordinates' | 'member' | 'options';
  /** May it store: by options STORE and STOREDIST, always at argument 1 (GEOSEARCHSTORE), never. */
  readonly stores: 'option' | 'always' | 'never';
}

export interface SearchRequest {
  /** Undefined: the source key is absent. */
  readonly shape: Shape | undefined;
  readonly unitMeters: number;
  readonly withDistance: boolean;
  readonly withHash: boolean;
  readonly withCoordinates: boolean;
  readonly order: 'none' | 'ascending' | 'descending';
  /** 0: all. */
  readonly count: number;
  /** So many as soon as they are found, not the nearest. */
  readonly any: boolean;
  /** Argument that is the key to store to; 0: none. */
  readonly storeKey: number;
  readonly storesDistance: boolean;
}

/** The keys of GEORADIUS and GEORADIUSBYMEMBER to store to, whose options begin at argument `first`: `readOption` takes the last of both. */
export function storeKeys(first: number): readonly KeySpec[] {
  const options: OptionGrammar = { first, values: { count: 1, store: 1, storedist: 1 }, rivals: ['store', 'storedist'] };
  return [keyBehind(['OW', 'update'], 'STORE', first, options), keyBehind(['OW', 'update'], 'STOREDIST', first, options)];
}

/** What was read so far. */
class Draft {
  center: Point | undefined = undefined;
  centerBy: 'member' | 'coordinates' | undefined = undefined;
  area: { readonly kind: 'circle'; readonly radius: number } | { readonly kind: 'box'; readonly width: number; readonly height: number } | undefined = undefined;
  unitMeters = 1;
  withDistance = false;
  withHash = false;
  withCoordinates = false;
  order: SearchRequest['order'] = 'none';
  count = 0;
  any = false;
  storeKey = 0;
  storesDistance = false;
}

/** Reads the request and loads the source; undefined after answering what is wrong. */
export function searchRequest(call: Call, kind: SearchKind): SearchRequest | undefined {
  const source = kind.stores === 'always' ? 2 : 1;
  const ref = readCollection(call, source, entryType.zset);
  if (ref === wrongType) return undefined;
  const { zsets } = call.node.store.collections;
  if (ref !== 0) zsets.load(ref);
  const there = ref === 0 ? undefined : zsets;
  const draft = new Draft();
  if (kind.stores === 'always') draft.storeKey = 1;
  const first = readFixed(call, kind, draft, there);
  if (first === 0) return undefined;
  for (let i = first; i < call.argc; ) {
    const taken = readOption(call, i, kind, draft, there);
    if (taken === 0) return undefined;
    i += taken;
  }
  const fault = faultOf(call, kind, draft);
  if (fault !== undefined) return refuse(call, fault);
  const { center, area } = draft;
  if (draft.count > 0 && draft.order === 'none' && !draft.any) draft.order = 'ascending';
  return { ...draft, shape: there === undefined || center === undefined || area === undefined ? undefined : shapeOf(center, area, draft.unitMeters) };
}

function shapeOf(center: Point, area: NonNullable<Draft['area']>, unitMeters: number): Shape {
  if (area.kind === 'circle') return { kind: 'circle', center, radius: area.radius * unitMeters };
  return { kind: 'box', center, width: area.width * unitMeters, height: area.height * unitMeters };
}

function faultOf(call: Call, { center, stores }: SearchKind, draft: Draft): string | undefined {
  if (draft.storeKey > 0 && (draft.withDistance || draft.withHash || draft.withCoordinates)) {
    return `ERR ${stores === 'always' ? 'GEOSEARCHSTORE' : 'STORE option in GEORADIUS'} is not compatible with WITHDIST, WITHHASH and WITHCOORD options`;
  }
  if (center === 'options' && draft.centerBy === undefined) return `ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ${latin1At(call, 0)}`;
  if (center === 'options' && draft.area === undefined) return `ERR exactly one of BYRADIUS and BYBOX can be specified for ${latin1At(call, 0)}`;
  return draft.any && draft.count === 0 ? 'ERR the ANY argument requires COUNT argument' : undefined;
}

/** Centre and radius of GEORADIUS and GEORADIUSBYMEMBER; returns where the options begin, 0 after answering what is wrong. */
function readFixed(call: Call, { center, stores }: SearchKind, draft: Draft, there: Zsets | undefined): number {
  if (center === 'options') return stores === 'always' ? 3 : 2;
  if (center === 'coordinates') {
    draft.center = pointAt(call, 2);
    return draft.center !== undefined && readRadius(call, 4, draft) ? 6 : 0;
  }
  // Without the key Redis looks at the options only: they say what an empty answer looks like.
  if (there === undefined) return 5;
  return readMember(call, 2, draft, there) && readRadius(call, 3, draft) ? 5 : 0;
}

function readMember(call: Call, i: number, draft: Draft, there: Zsets | undefined): boolean {
  draft.centerBy = 'member';
  if (there === undefined) return true;
  if (!there.find(call.bytes, call.start[i], call.length[i])) return refuse(call, 'ERR could not decode requested zset member') ?? false;
  draft.center = pointOf(there.score);
  return true;
}

function readRadius(call: Call, i: number, draft: Draft): boolean {
  const radius = doubleAt(call, i);
  if (Number.isNaN(radius)) return refuse(call, 'ERR need numeric radius') ?? false;
  if (radius < 0) return refuse(call, 'ERR radius cannot be negative') ?? false;
  draft.area = { kind: 'circle', radius };
  return readUnit(call, i + 1, draft);
}

function readBox(call: Call, i: number, draft: Draft): boolean {
  const width = doubleAt(call, i);
  if (Number.isNaN(width)) return refuse(call, 'ERR need numeric width') ?? false;
  const height = doubleAt(call, i + 1);
  if (Number.isNaN(height)) return refuse(call, 'ERR need numeric height') ?? false;
  if (width < 0 || height < 0) return refuse(call, 'ERR height or width cannot be negative') ?? false;
  draft.area = { kind: 'box', width, height };
  return readUnit(call, i + 2, draft);
}

function readUnit(call: Call, i: number, draft: Draft): boolean {
  draft.unitMeters = unitAt(call, i);
  return draft.unitMeters > 0;
}

/** One option; returns how many arguments it takes, 0 after answering what is wrong. */
function readOption(call: Call, i: number, kind: SearchKind, draft: Draft, there: Zsets | undefined): number {
  const behind = call.argc - i - 1;
  if (readSwitch(call, i, draft)) return 1;
  if (optionIs(call, i, 'count') && behind > 0) return readCount(call, i + 1, draft) ? 2 : 0;
  if (kind.stores === 'option' && behind > 0 && (optionIs(call, i, 'store') || optionIs(call, i, 'storedist'))) {
    draft.storeKey = i + 1;
    draft.storesDistance = optionIs(call, i, 'storedist');
    return 2;
  }
  if (kind.stores === 'always' && optionIs(call, i, 'storedist')) {
    draft.storesDistance = true;
    return 1;
  }
  if (kind.center === 'options') {
    if (optionIs(call, i, 'frommember') && behind > 0 && draft.centerBy !== 'coordinates') return readMember(call, i + 1, draft, there) ? 2 : 0;
    if (optionIs(call, i, 'fromlonlat') && behind > 1 && draft.centerBy !== 'member') {
      draft.centerBy = 'coordinates';
      draft.center = pointAt(call, i + 1);
      return draft.center === undefined ? 0 : 3;
    }
    if (optionIs(call, i, 'byradius') && behind > 1 && draft.area?.kind !== 'box') return readRadius(call, i + 1, draft) ? 3 : 0;
    if (optionIs(call, i, 'bybox') && behind > 2 && draft.area?.kind !== 'circle') return readBox(call, i + 1, draft) ? 4 : 0;
  }
  return refuse(call, syntaxErrorLine) ?? 0;
}

function readSwitch(call: Call, i: number, draft: Draft): boolean {
  if (optionIs(call, i, 'withdist')) draft.withDistance = true;
  else if (optionIs(call, i, 'withhash')) draft.withHash = true;
  else if (optionIs(call, i, 'withcoord')) draft.withCoordinates = true;
  else if (optionIs(call, i, 'any')) draft.any = true;
  else if (optionIs(call, i, 'asc')) draft.order = 'ascending';
  else if (optionIs(call, i, 'desc')) draft.order = 'descending';
  else return false;
  return true;
}

function readCount(call: Call, i: number, draft: Draft): boolean {
  draft.count = integerAt(call, i);
  if (Number.isNaN(draft.count)) return refuse(call, notAnIntegerLine) ?? false;
  return draft.count > 0 || (refuse(call, 'ERR COUNT must be > 0') ?? false);
}

function refuse(call: Call, line: string): undefined {
  call.reply.error(line);
  return undefined;
}
