// Written by `npm run slots` from slots.ts: the places of the kernels' arguments.
#pragma once

enum { Unary_x, Unary_y, Unary_count, Unary_p, Unary_q };
enum { Binary_a, Binary_b, Binary_out, Binary_d0, Binary_d1, Binary_d2, Binary_d3, Binary_a0, Binary_a1, Binary_a2, Binary_a3, Binary_b0, Binary_b1, Binary_b2, Binary_b3, Binary_perChunk };
enum { Select_condition, Select_a, Select_b, Select_y, Select_count };
enum { GemmRows_a, GemmRows_rowsA, GemmRows_segments, GemmRows_length, GemmRows_segmentStride, GemmRows_b, GemmRows_panelBytes, GemmRows_c, GemmRows_rowsC, GemmRows_M, GemmRows_N, GemmRows_perChunk, GemmRows_accumulate, GemmRows_bias };
enum { GemmColumns_a, GemmColumns_rows, GemmColumns_R, GemmColumns_segments, GemmColumns_length, GemmColumns_segmentStride, GemmColumns_b, GemmColumns_c, GemmColumns_N, GemmColumns_perChunk, GemmColumns_accumulate, GemmColumns_columnsPerChunk, GemmColumns_tileRows };
enum { Pack_source, Pack_rowStride, Pack_columnStride, Pack_K, Pack_N, Pack_destination, Pack_panelBytes };
enum { Depthwise_from, Depthwise_by, Depthwise_to, Depthwise_H, Depthwise_W, Depthwise_C, Depthwise_M, Depthwise_OH, Depthwise_OW, Depthwise_KH, Depthwise_KW, Depthwise_SH, Depthwise_SW, Depthwise_DH, Depthwise_DW, Depthwise_top, Depthwise_left, Depthwise_N };
enum { Frame_x, Frame_y, Frame_height, Frame_rowFloats, Frame_frameHeight, Frame_frameRowFloats, Frame_top, Frame_leftFloats };
enum { CopyStrided_x, CopyStrided_y, CopyStrided_d1, CopyStrided_d2, CopyStrided_d3, CopyStrided_x0, CopyStrided_x1, CopyStrided_x2, CopyStrided_x3, CopyStrided_y0, CopyStrided_y1, CopyStrided_y2, CopyStrided_y3 };
enum { Gather_x, Gather_indices, Gather_y, Gather_count, Gather_length, Gather_inner };
enum { ChannelSums_x, ChannelSums_z, ChannelSums_output, ChannelSums_sums, ChannelSums_P, ChannelSums_C, ChannelSums_perBlock, ChannelSums_blocks };
enum { GroupForward_sums, GroupForward_blocks, GroupForward_P, GroupForward_C, GroupForward_G, GroupForward_scale, GroupForward_shift, GroupForward_epsilon, GroupForward_isEnergy, GroupForward_moments, GroupForward_coefficients };
enum { GroupBackward_sums, GroupBackward_blocks, GroupBackward_P, GroupBackward_C, GroupBackward_G, GroupBackward_scale, GroupBackward_isEnergy, GroupBackward_moments, GroupBackward_coefficients, GroupBackward_parts };
enum { SumParts_parts, SumParts_N, SumParts_C, SumParts_dScale, SumParts_dShift };
enum { ApplyForward_x, ApplyForward_y, ApplyForward_coefficients, ApplyForward_P, ApplyForward_C, ApplyForward_perBlock, ApplyForward_blocks, ApplyForward_relu };
enum { ApplyBackward_x, ApplyBackward_dy, ApplyBackward_output, ApplyBackward_dx, ApplyBackward_coefficients, ApplyBackward_P, ApplyBackward_C, ApplyBackward_perBlock, ApplyBackward_blocks };
enum { Adam_parameter, Adam_gradient, Adam_mean, Adam_square, Adam_nextParameter, Adam_nextMean, Adam_nextSquare, Adam_count, Adam_beta1, Adam_rest1, Adam_beta2, Adam_rest2, Adam_correction, Adam_epsilon, Adam_kept, Adam_stride };
enum { Pool_from, Pool_to, Pool_x, Pool_y, Pool_H, Pool_W, Pool_C, Pool_OH, Pool_OW, Pool_KH, Pool_KW, Pool_SH, Pool_SW, Pool_DH, Pool_DW, Pool_top, Pool_left };
enum { Sum_x, Sum_y, Sum_middle, Sum_inner, Sum_scale, Sum_columns };
enum { Extreme_x, Extreme_y, Extreme_middle, Extreme_inner };
enum { Softmax_x, Softmax_y, Softmax_columns };
enum { Resize_x, Resize_y, Resize_H, Resize_W, Resize_C, Resize_OH, Resize_OW, Resize_rowsIn, Resize_rowsOut, Resize_columnsIn, Resize_columnsOut, Resize_isHalf };
enum { WinogradInput_x, WinogradInput_offsets, WinogradInput_V, WinogradInput_T, WinogradInput_C, WinogradInput_rowBytes, WinogradInput_perChunk, WinogradInput_planeBytes };
enum { WinogradFilter_filter, WinogradFilter_U, WinogradFilter_C, WinogradFilter_tapBytes, WinogradFilter_rowBytes, WinogradFilter_panelBytes, WinogradFilter_planeBytes };
enum { WinogradTiles_from, WinogradTiles_to, WinogradTiles_T, WinogradTiles_D, WinogradTiles_first, WinogradTiles_down, WinogradTiles_across, WinogradTiles_height, WinogradTiles_width, WinogradTiles_perChunk, WinogradTiles_planeBytes };
enum { WinogradFilterGradient_dU, WinogradFilterGradient_dg, WinogradFilterGradient_C, WinogradFilterGradient_D, WinogradFilterGradient_planeBytes };
