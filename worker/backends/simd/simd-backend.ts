// The tfjs backend whose numbers lie in one WebAssembly memory. It extends tfjs's JavaScript backend, so that kernels
// not ported yet run as they are on views of that memory. Leaves out the kernels: see ops/ and register.ts.

import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { backend_util, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import type { Heap } from './heap.js';
import type { Kernels } from './kernels.js';
import { RowTables } from './rows.js';

type NumericType = 'float32' | 'int32' | 'bool';
type NumericArray = Float32Array | Int32Array | Uint8Array;

const viewTypes = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

function isNumeric(dtype: DataType): dtype is NumericType {
  return Object.hasOwn(viewTypes, dtype);
}

/** A tensor's numbers in the memory; tfjs's kernels read `values`, ours the pointer. */
class MemoryData {
  readonly dtype: NumericType;
  readonly pointer: number;
  readonly length: number;
  refCount: number;
  readonly #heap: Heap;
  #view: NumericArray | undefined;

  constructor(heap: Heap, dtype: NumericType, length: number, refCount: number) {
    this.#heap = heap;
    this.dtype = dtype;
    this.length = length;
    this.refCount = refCount;
    this.pointer = heap.allocate(length * viewTypes[dtype].BYTES_PER_ELEMENT);
  }

  /** A view, not a copy: a shared memory that grows leaves old views valid. */
  get values(): NumericArray {
    // The constructors' types, joined, take no shared buffer; each of them does.
    const buffer = this.#heap.memory.buffer as unknown as ArrayBuffer;
    this.#view ??= new viewTypes[this.dtype](buffer, this.pointer, this.length);
    return this.#view;
  }

  free(): void {
    this.#heap.free(this.pointer);
  }
}

export class SimdBackend extends MathBackendCPU {
  readonly kernels: Kernels;
  readonly heap: Heap;
  readonly rowTables: RowTables;
  #nextId = 0;

  constructor(kernels: Kernels) {
    super();
    this.kernels = kernels;
    this.heap = kernels.heap;
    this.rowTables = new RowTables(this.heap);
    Object.assign(this, { firstUse: false });
  }

  override write(values: backend_util.BackendValues, shape: number[], dtype: DataType): object {
    const dataId = { id: this.#nextId++ };
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  /** Copies the values: kernels of tfjs may hand in a view of another tensor. */
  override move(...[dataId, values, shape, dtype, refCount]: Parameters<MathBackendCPU['move']>): void {
    if (!isNumeric(dtype)) {
      this.data.set(dataId, { values, dtype, refCount });
      return;
    }
    const data = new MemoryData(this.heap, dtype, util.sizeFromShape(shape), refCount);
    data.values.set(values as NumericArray);
    this.data.set(dataId, data);
  }

  /** A new tensor of any contents, for a kernel to fill. The caller owns it. */
  createOutput(shape: readonly number[], dtype: NumericType = 'float32'): TensorInfo {
    const dataId = { id: this.#nextId++ };
    this.data.set(dataId, new MemoryData(this.heap, dtype, util.sizeFromShape([...shape]), 1));
    return { dataId, shape: [...shape], dtype };
  }

  /** Where a tensor's numbers begin. */
  pointerOf(tensor: TensorInfo): number {
    const data = this.data.get(tensor.dataId);
    if (!(data instanceof MemoryData)) throw new Error(`simd: a ${tensor.dtype} tensor has no numbers in memory`);
    return data.pointer;
  }

  /** A view of a tensor's numbers, valid until it is disposed. */
  valuesOf(tensor: TensorInfo): NumericArray {
    return this.data.get(tensor.dataId).values as NumericArray;
  }

  /** The same numbers under another shape; the caller owns one more reference. */
  createAlias(tensor: TensorInfo, shape: readonly number[]): TensorInfo {
    this.incRef(tensor.dataId);
    return { dataId: tensor.dataId, shape: [...shape], dtype: tensor.dtype };
  }

  /**
   * Some of tfjs's kernels name one data id under two types (a cast from bool to float32). Gives the tensor data of its own
   * in that case.
   */
  createOwnType(tensor: TensorInfo): TensorInfo {
    const data = this.data.get(tensor.dataId);
    if (!isNumeric(tensor.dtype) || data.dtype === tensor.dtype) return tensor;
    const own = this.makeTensorInfo([...tensor.shape], tensor.dtype, data.values);
    this.disposeIntermediateTensorInfo(tensor);
    return own;
  }

  override readSync(dataId: object): backend_util.BackendValues {
    const data = this.data.get(dataId);
    return data instanceof MemoryData ? data.values.slice() : super.readSync(dataId);
  }

  override disposeData(dataId: object, force = false): boolean {
    const data = this.data.has(dataId) ? this.data.get(dataId) : undefined;
    const isGone = super.disposeData(dataId, force);
    if (isGone && data instanceof MemoryData) data.free();
    return isGone;
  }

  override memory(): { unreliable: boolean; reasons: string[]; numBytesInBackend: number } {
    return { unreliable: false, reasons: [], numBytesInBackend: this.heap.usedBytes };
  }
}
