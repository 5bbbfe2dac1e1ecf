#!/usr/bin/env python3
"""Fits the area model's two free constants to the two published areas of DLAC, and writes the technology tables.

    ./calibrate.py            print the fit, what else would fit, and how far that moves other designs
    ./calibrate.py --write    also write technology/*.json
    ./calibrate.py --check    write nothing; fail if a table is not what would be written

costs.py has the published numbers and the scaling factors. docs/area-and-energy.md explains the model; area.cpp is the
program's own implementation, which a test holds against the tables.
"""

import argparse
import json
import math
import pathlib
import sys

import costs

FOLDER = pathlib.Path(__file__).resolve().parent
TABLES = FOLDER / "technology"

# Published: cell area of DLAC in 14 nm, all buffers in standard cells, no macros (mm2).
PUBLISHED = {"dlac-fp32-training": 2.2, "dlac-fp16-inference": 1.09}


def read_config(name):
    return json.loads((FOLDER.parent / "configs" / f"{name}.json").read_text())


def changed(config, **keys):
    """The config with other values: changed(c, grid={"rows": 16})."""
    result = json.loads(json.dumps(config))
    for key, value in keys.items():
        if isinstance(value, dict):
            result[key].update(value)
        else:
            result[key] = value
    return result


def processing_elements(config):
    return config["grid"]["rows"] * config["grid"]["cols"]


def float_bits(config):
    return 32 if config["mode"] == "fp32-training" else 16


def vector_lengths(config):
    """Elements of a row vector and of a column vector that the queues are built for."""
    block = config["mapping"]["block"]
    if block != "auto":
        return tuple(block)
    side = math.isqrt(2 * config["pe"]["output_buffers"])
    side += side * side < 2 * config["pe"]["output_buffers"]
    return side, side


class Variant:
    """The assumptions of the area model that the two published totals cannot tell apart."""

    def __init__(self, name, unit_factor=1.0, vector_factor=1.0, pe_bit_factor=1.0, per_lane=False):
        self.name, self.unit_factor, self.vector_factor = name, unit_factor, vector_factor
        self.pe_bit_factor, self.per_lane = pe_bit_factor, per_lane

    def terms(self, config):
        """um2 of the arithmetic units; bits of storage; PEs (or lanes) that pay for control."""
        pes, bits, pe = processing_elements(config), float_bits(config), config["pe"]
        multiplier, adder = costs.UNITS[f"fp{bits}"]["area"]
        factor = self.unit_factor * costs.NODES["14nm"].area
        units = pes * factor * (pe["fma_units"] * (multiplier + adder) + pe["adders"] * adder)
        row, column = (self.vector_factor * length for length in vector_lengths(config))
        outputs = pe["output_buffers"] * pe["output_banks"] * bits
        queues = pe["operand_queue_depth"] * (row + column) * bits
        rows, cols = config["grid"]["rows"], config["grid"]["cols"]
        pipeline = (rows * row + cols * column + rows * config["drain_elements_per_cycle"]) * bits
        buffers = 8 * (config["weight_buffer_bytes"] + config["feature_map_buffer_bytes"])
        storage = buffers + pipeline + self.pe_bit_factor * pes * (outputs + queues)
        control = pes * (pe["fma_units"] + pe["adders"] if self.per_lane else 1)
        return units, storage, control

    def fit(self):
        """um2 per bit and um2 of control per PE (or lane) that give the published areas."""
        (u1, s1, c1), (u2, s2, c2) = (self.terms(read_config(name)) for name in PUBLISHED)
        a1, a2 = (1e6 * area for area in PUBLISHED.values())
        determinant = s1 * c2 - s2 * c1
        storage_bit = ((a1 - u1) * c2 - (a2 - u2) * c1) / determinant
        control = (s1 * (a2 - u2) - s2 * (a1 - u1)) / determinant
        return storage_bit, control

    def area(self, config):
        """mm2"""
        storage_bit, control = self.fit()
        units, storage, controls = self.terms(config)
        return (units + storage * storage_bit + controls * control) / 1e6


VARIANTS = [
    Variant("as shipped"),
    Variant("units 20 % smaller", unit_factor=0.8),
    Variant("units 10 % smaller", unit_factor=0.9),
    Variant("units 10 % larger", unit_factor=1.1),
    Variant("units 20 % larger", unit_factor=1.2),
    Variant("queues 25 % narrower", vector_factor=0.75),
    Variant("queues 60 % wider", vector_factor=1.6),
    Variant("a PE's bits 1.8 x a buffer's", pe_bit_factor=1.8),
    Variant("control per lane, not PE", per_lane=True),
]

# Designs whose area no published figure fixes.
DESIGNS = [
    ("fp16, 4 x the PEs", lambda f16, f32: changed(f16, grid={"rows": 16, "cols": 32})),
    ("fp32, 4 x the PEs", lambda f16, f32: changed(f32, grid={"rows": 16, "cols": 32})),
    ("fp16, 4 x the buffers", lambda f16, f32: changed(f16, weight_buffer_bytes=131072, feature_map_buffer_bytes=131072)),
    ("fp16, F = G = 4", lambda f16, f32: changed(f16, pe={"fma_units": 4, "adders": 4})),
    ("fp16, B = 128", lambda f16, f32: changed(f16, pe={"output_buffers": 128})),
]


def print_freedom():
    training, inference = (read_config(name) for name in PUBLISHED)
    designs = [(title, build(inference, training)) for title, build in DESIGNS]
    print(f"{'what fits both published areas':<30} {'um2/bit':>8} {'um2/PE':>8}", end="")
    for title, _ in designs:
        print(f" {title:>22}", end="")
    print()
    for variant in VARIANTS:
        storage_bit, control = variant.fit()
        print(f"{variant.name:<30} {storage_bit:8.4f} {control:8.1f}", end="")
        for _, config in designs:
            print(f" {variant.area(config):18.3f} mm2", end="")
        print()


def quantity(value, unit, kind, *source):
    return {"value": costs.digits(value, 6), "unit": unit, "kind": kind, "source": "; ".join(source)}


def carried(value, unit, node, what, *source, own_node=45):
    """A published number, carried to another node where that is not its own."""
    if own_node != 45:
        source = (*source, f"times 1 ({own_node} nm taken for 45 nm)")
    if node.is_reference:
        return quantity(value, unit, "published" if own_node == 45 else "scaled", *source)
    return quantity(value * getattr(node, what), unit, "scaled", *source, node.note(what))


def estimated(value, unit, node, what, *source):
    """An estimate for 45 nm, carried."""
    notes = () if node.is_reference else (node.note(what),)
    return quantity(value * getattr(node, what), unit, "estimated", *source, *notes)


def calibrated(value, unit, node):
    """Fitted at 14 nm; carried to the others."""
    fit = (
        "fitted by models/calibrate.py so that both default configs have the published areas, 2.2 mm2 and 1.09 mm2 "
        "(Venkatesh et al., ICASSP 2017, 14 nm)"
    )
    if node is costs.NODES["14nm"]:
        return quantity(value, unit, "calibrated", fit)
    factor = node.area / costs.NODES["14nm"].area
    note = f"times {factor:.4g} (14 to {node.nanometres} nm: {costs.STILLMAKER}; {node.area:g} / 0.17)"
    return quantity(value * factor, unit, "scaled", f"{value:.6g} {unit} at 14 nm, {fit}", note)


def area_table(node, storage_bit, control, has_macros):
    table = {}
    for name, unit in costs.UNITS.items():
        multiplier, adder = unit["area"]
        table[name] = {
            "multiplier": carried(multiplier, "um2", node, "area", costs.ZHONG),
            "adder": carried(adder, "um2", node, "area", costs.ZHONG),
        }
    table["storage_bit"] = calibrated(storage_bit, "um2/bit", node)
    table["buffer_bit"] = calibrated(storage_bit, "um2/bit", node)
    if has_macros:
        table["buffer_bit"] = quantity(
            costs.SRAM_CELL_14NM / costs.ARRAY_EFFICIENCY,
            "um2/bit",
            "estimated",
            "Intel 14 nm SRAM cell, 0.0588 um2, high performance (published; the dense one has 0.0499 um2)",
            "divided by an array efficiency of 0.5, estimated: small macros spend half their area on decoders, sense "
            "amplifiers and redundancy; plausible 0.4 to 0.7, that is 0.147 to 0.084 um2/bit",
        )
    table["scheduler"] = calibrated(control, "um2", node)
    return table


def energy_table(node, control):
    table = {}
    for name, unit in costs.UNITS.items():
        multiply, add = unit["energy"]
        table[name] = {
            "multiply": carried(multiply, "pJ", node, "energy", costs.ZHONG),
            "add": carried(add, "pJ", node, "energy", costs.ZHONG),
        }
    adder_energy, adder_area = costs.UNITS["fp32"]["energy"][1], costs.UNITS["fp32"]["area"][1]
    at_45 = control / costs.NODES["14nm"].area * adder_energy / adder_area
    table["scheduler_decision"] = estimated(
        at_45 * costs.SCHEDULER_ACTIVITY,
        "pJ",
        node,
        "energy",
        f"a quarter of what logic of the scheduler's area would take if it switched like an fp32 adder (0.9 pJ for 4184 "
        f"um2 at 45 nm: {at_45:.3g} pJ); plausible x 0.3 to x 4, all of it",
    )
    table["register_write"] = carried(
        costs.FLIP_FLOP_WRITE, "fJ/bit", node, "energy", costs.ALADDIN, "clock pin and switching", own_node=40
    )
    table["register_read"] = estimated(
        10e3 / 64 * math.sqrt(256 / 8192),
        "fJ/bit",
        node,
        "energy",
        "the 8 KiB access of sram_8kib carried to the 256 bytes of a PE's accumulators by the square root of the "
        "capacity, as 8 KiB to 32 KiB goes; plausible from a register's own write, x 0.3, to x 2",
    )
    for key, access in costs.SRAM.items():
        stands = "latch buffers of DLAC are taken to cost what an SRAM of their capacity does"
        check = ""
        if node is costs.NODES["14nm"] and key == "sram_8kib":
            check = (
                "; Dally, Turakhia and Han, CACM 63(7), 2020 give 50 fJ/bit for 8 KB in 14 nm, 3.2 pJ: plausible x 1 to "
                "x 2.5"
            )
        table[key] = carried(access, "pJ/64bit", node, "energy", costs.HOROWITZ, stands + check)
    wire = "a wire's capacitance per mm is taken not to change with the node, so its energy goes with the voltage squared"
    check = " (Dally, Turakhia and Han, CACM 63(7), 2020: 100 fJ/bit/mm, about 14 nm)" if node.nanometres == 14 else ""
    note = f"times {node.wire:g} (({node.voltage} V / 0.9 V) squared)"
    table["wire"] = quantity(costs.WIRE * node.wire, "fJ/bit/mm", "scaled", costs.KECKLER, wire + check, note)
    low, high = costs.DRAM_NJ
    table["off_chip"] = quantity(
        1e3 * (low + high) / 2 / 8,
        "pJ/byte",
        "published",
        f"Horowitz, ISSCC 2014: DRAM, {low} to {high} nJ per 64 bits; the middle of that range",
        "not scaled with the node of the chip; plausible x 0.67 to x 1.33, and x 0.13 for LPDDR4 at 4 pJ/bit",
    )
    return table


def clock_table(node, has_macros):
    share = (
        "storage is clock-gated by entry; what is clocked without being written is taken to be 5 % of the bits; "
        "plausible 1 % to 15 %"
    )
    table = {
        "bit": carried(
            costs.FLIP_FLOP_CLOCK,
            "fJ/bit",
            node,
            "energy",
            costs.ALADDIN,
            "internal power of a clocked flip-flop whose data does not change",
            own_node=40,
        ),
        "storage_share": quantity(costs.CLOCKED_SHARE, "1", "estimated", share),
        "buffer_share": quantity(costs.CLOCKED_SHARE, "1", "estimated", share),
        "pipeline_words": quantity(
            costs.PIPELINE_WORDS,
            "words/lane",
            "estimated",
            "words of the mode's float in pipeline registers of an FMA unit or adder that are clocked every cycle: three "
            "operands and three stages behind them; plausible 3 to 12",
        ),
    }
    if has_macros:
        table["buffer_share"] = quantity(0, "1", "estimated", "an SRAM macro that is not accessed has no clocked bits")
    return table


def leakage(node):
    density = 1e3 * costs.FLIP_FLOP_LEAKAGE / 1e3 / costs.FLIP_FLOP_AREA
    note = ()
    if not node.is_reference:
        note = (
            f"leakage of a device is taken to shrink as its energy, x {node.energy:g}, on x {node.area:g} of the area "
            f"({costs.STILLMAKER})",
        )
    return quantity(
        density * node.energy / node.area,
        "mW/mm2",
        "estimated",
        f"{costs.FLIP_FLOP_LEAKAGE} nW in {costs.FLIP_FLOP_AREA} um2, a flip-flop of {costs.ALADDIN}, for every part of "
        "the chip (the multiplier of that table has 9.4 mW/mm2, the adder 13.3 mW/mm2); 40 nm taken for 45 nm",
        *note,
        "varies with threshold voltage and temperature: plausible x 0.2 to x 4",
    )


def technology(name, node, description, has_macros=False):
    storage_bit, control = VARIANTS[0].fit()
    voltage = (
        "of the published unit energies" if node.is_reference else "chosen within the range of the scaling equations"
    )
    return {
        "name": name,
        "description": description,
        "node": quantity(node.nanometres, "nm", "published", "name of the process"),
        "voltage": quantity(node.voltage, "V", "published" if node.is_reference else "estimated", voltage),
        "area": area_table(node, storage_bit, control, has_macros),
        "energy": energy_table(node, control),
        "clock": clock_table(node, has_macros),
        "leakage": leakage(node),
    }


def technologies():
    """The tables by name."""
    nodes = costs.NODES
    yield technology("45nm", nodes["45nm"], "45 nm, 0.9 V: the node of the published unit costs. All buffers in standard cells.")  # fmt: skip
    yield technology("28nm", nodes["28nm"], "28 nm, 0.9 V: carried from 45 nm. All buffers in standard cells.")
    yield technology("14nm", nodes["14nm"], "14 nm, 0.8 V: calibrated to DLAC's published areas. All buffers in standard cells, as in DLAC.")  # fmt: skip
    yield technology("14nm-sram", nodes["14nm"], "What if: 14 nm, 0.8 V, with the weight and the feature-map buffer as SRAM macros.", has_macros=True)  # fmt: skip
    yield technology("7nm", nodes["7nm"], "7 nm, 0.7 V: carried from 45 nm. All buffers in standard cells.")


def table_text(value, indent=0):
    """JSON with one quantity a line."""
    if not isinstance(value, dict) or "unit" in value:
        return json.dumps(value)
    blanks = " " * (indent + 2)
    lines = [f"{blanks}{json.dumps(key)}: {table_text(member, indent + 2)}" for key, member in value.items()]
    return "{\n" + ",\n".join(lines) + "\n" + " " * indent + "}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write technology/*.json")
    parser.add_argument("--check", action="store_true", help="compare the tables with what would be written")
    arguments = parser.parse_args()
    storage_bit, control = VARIANTS[0].fit()
    print(f"storage_bit {storage_bit:.6g} um2/bit, scheduler {control:.6g} um2 per PE, at 14 nm\n")
    print_freedom()
    stale = []
    for table in technologies():
        path = TABLES / f"{table['name']}.json"
        text = table_text(table) + "\n"
        if arguments.write:
            path.write_text(text)
        elif arguments.check and (not path.exists() or path.read_text() != text):
            stale.append(path.name)
    if stale:
        sys.exit("not as calibrated: " + ", ".join(stale))


if __name__ == "__main__":
    main()
