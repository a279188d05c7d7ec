"""The networks, by size, as the authors of RT-DETRv2 and D-FINE lay them out; `tiny` is ours."""

from collections.abc import Mapping, Sequence

from transformers import (
    DFineConfig,
    HGNetV2Config,
    PretrainedConfig,
    RTDetrResNetConfig,
    RTDetrV2Config,
)

STAGES = ["stage2", "stage3", "stage4"]
TINY = {
    "encoder_hidden_dim": 64,
    "encoder_in_channels": [32, 64, 128],
    "encoder_ffn_dim": 128,
    "encoder_attention_heads": 4,
    "hidden_expansion": 0.5,
    "d_model": 64,
    "decoder_in_channels": [64, 64, 64],
    "decoder_ffn_dim": 128,
    "decoder_layers": 2,
    "decoder_attention_heads": 4,
    "num_queries": 60,
    "num_denoising": 20,
}
RESNETS: Mapping[str, Mapping[str, object]] = {
    "tiny": {"embedding_size": 16, "hidden_sizes": [16, 32, 64, 128], "depths": [1, 1, 1, 1]},
    "s": {"hidden_sizes": [64, 128, 256, 512], "depths": [2, 2, 2, 2]},
    "m": {"hidden_sizes": [64, 128, 256, 512], "depths": [3, 4, 6, 3]},
    "l": {"layer_type": "bottleneck"},
}
RTDETR_V2: Mapping[str, Mapping[str, object]] = {
    "tiny": TINY,
    "s": {"encoder_in_channels": [128, 256, 512], "decoder_layers": 3, "hidden_expansion": 0.5},
    "m": {"encoder_in_channels": [128, 256, 512], "decoder_layers": 4, "hidden_expansion": 0.5},
    "l": {},
}
# Channels of the stem; of each stage its inner and outer channels, its blocks and layers.
HGNETS: Mapping[str, tuple[Sequence[int], Sequence[tuple[int, int, int, int]]]] = {
    "tiny": ((3, 8, 8), ((8, 16, 1, 2), (8, 32, 1, 2), (16, 64, 1, 2), (16, 128, 1, 2))),
    "s": ((3, 16, 16), ((16, 64, 1, 3), (32, 256, 1, 3), (64, 512, 2, 3), (128, 1024, 1, 3))),
    "m": ((3, 24, 32), ((32, 96, 1, 4), (64, 384, 1, 4), (128, 768, 3, 4), (256, 1536, 1, 4))),
    "l": ((3, 32, 48), ((48, 128, 1, 6), (96, 512, 1, 6), (192, 1024, 3, 6), (384, 2048, 1, 6))),
}
D_FINE: Mapping[str, Mapping[str, object]] = {
    "tiny": {**TINY, "decoder_n_points": [3, 6, 3]},
    "s": {
        "encoder_in_channels": [256, 512, 1024],
        "hidden_expansion": 0.5,
        "depth_mult": 0.34,
        "decoder_layers": 3,
        "decoder_n_points": [3, 6, 3],
    },
    "m": {
        "encoder_in_channels": [384, 768, 1536],
        "depth_mult": 0.67,
        "decoder_layers": 4,
        "decoder_n_points": [3, 6, 3],
    },
    "l": {"encoder_in_channels": [512, 1024, 2048], "decoder_n_points": [3, 6, 3]},
}


def configuration(architecture: str, size: str) -> PretrainedConfig:
    """Return what fixes the shape of every weight, but for the classes."""
    # A network that starts from chance has to learn its statistics, too.
    if architecture == "d_fine":
        return DFineConfig(
            backbone_config=_hgnet(size), freeze_backbone_batch_norms=False, **D_FINE[size]
        )
    resnet = {"layer_type": "basic", **RESNETS[size]}
    backbone = RTDetrResNetConfig(out_features=STAGES, **resnet)
    return RTDetrV2Config(
        backbone_config=backbone, freeze_backbone_batch_norms=False, **RTDETR_V2[size]
    )


def _hgnet(size: str) -> HGNetV2Config:
    """Return the backbone of a D-FINE."""
    stem, stages = HGNETS[size]
    inner, outer, blocks, layers = (list(column) for column in zip(*stages, strict=True))
    return HGNetV2Config(
        stem_channels=list(stem),
        stage_in_channels=[stem[-1], *outer[:-1]],
        stage_mid_channels=inner,
        stage_out_channels=outer,
        stage_num_blocks=blocks,
        stage_numb_of_layers=layers,
        hidden_sizes=outer,
        use_learnable_affine_block=size != "l",
        out_features=STAGES,
    )
