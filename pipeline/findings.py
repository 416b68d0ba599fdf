"""Every code, level and sentence that a person may be shown about a return or the register.

A finding is made of a code and its details; wording stands here alone. `docs/findings.md` is
generated from `CATALOGUE`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import pandas as pd

from pipeline.outcome import ERROR, NOTE, WARNING

UNIT, PANEL, OFFICE = "单位", "评审组", "办公室"
"""Whom a finding is for."""


@dataclass(frozen=True)
class Kind:
    """What a code means.

    Attributes:
        level: 错误, 警告 or 提示.
        problem, advice: `str.format` templates.
        why: why it is so, for the manual.
        addressee: whom it is for.
    """

    level: str
    problem: str
    advice: str
    why: str
    addressee: str = UNIT


def _error(problem: str, advice: str, why: str, addressee: str = UNIT) -> Kind:
    return Kind(ERROR, problem, advice, why, addressee)


def _warning(problem: str, advice: str, why: str, addressee: str = UNIT) -> Kind:
    return Kind(WARNING, problem, advice, why, addressee)


def _note(problem: str, advice: str, why: str, addressee: str = UNIT) -> Kind:
    return Kind(NOTE, problem, advice, why, addressee)


_RESEND = "请用 Excel 或 WPS 打开原文件，另存为 .xlsx 后重新报送"
_NOT_COUNTED = "写不清楚的不作猜测，这一行不计分"
_SAFETY = "报送的文件先当作不安全处理，有一个文件出问题不影响其他单位"

CATALOGUE: dict[str, Kind] = {
    # 文件
    "file-empty": _error("文件是空的（0 字节）", "请重新发送文件", _SAFETY),
    "file-too-big": _error("文件太大（{detail}）", "请删去图片等附件后重新报送", _SAFETY),
    "file-unpacked-too-big": _error(
        "文件解压后太大（{detail}），可能已损坏或被恶意制作", _RESEND, _SAFETY
    ),
    "file-too-many-cells": _error(
        "表格里的单元格太多（{detail}）", "请删去数据以外的空行空列后重新报送", _SAFETY
    ),
    "file-encrypted": _error(
        "文件设有打开密码，读不出来", "请取消打开密码后重新报送", "没有密码就看不到内容"
    ),
    "file-written-short": _error(
        "文件用本程序读不全的方式保存，没有读取", _RESEND, "读不全就会漏掉申报"
    ),
    "file-not-workbook": _error(
        "不是电子表格文件，实际是{detail}", _RESEND, "只认内容，不认文件名"
    ),
    "file-damaged": _error("文件已损坏，读不出来（{detail}）", _RESEND, _SAFETY),
    "file-unsafe-xml": _error("文件里含有不安全的内容（{detail}）", _RESEND, _SAFETY),
    "file-killed": _error("读取这个文件时程序超时或内存不足，已跳过", _RESEND, _SAFETY),
    "file-failed": _error(
        "读取这份文件时程序本身出了错，没有读取",
        "请把这份文件和屏幕上的出错信息交给程序维护人员；其他单位不受影响",
        _SAFETY,
        OFFICE,
    ),
    "file-copy-failed": _error(
        "生成这份文件的退回副本时程序本身出了错，没有副本；核对结果不受影响",
        "请照问题清单通知该单位，并把这份文件和屏幕上的出错信息交给程序维护人员",
        _SAFETY,
        OFFICE,
    ),
    "file-unreadable": _error(
        "打不开文件（{detail}）", "请检查文件是否被占用或没有权限，再运行一次", _SAFETY
    ),
    "file-not-template": _error(
        "不是规定的报送模板（{detail}）", "请使用下发的模板填报", "没有模板的结构就找不到数据"
    ),
    "file-wrong-suffix": _warning(
        "文件名后缀与内容不符，实际是{detail}", "下次请用正确的后缀保存", "按实际内容读取"
    ),
    "file-not-followed": _warning(
        "{detail}，没有读取", "请放入文件本身", "链接和特殊文件可能指向别处", OFFICE
    ),
    "file-same-bytes": _note(
        "与 {detail} 内容完全相同，只算一份", "无需处理", "同一文件重复放入不算两份"
    ),
    # 结构
    "sheet-missing": _error(
        "缺少工作表“{detail}”，该表没有读到任何申报",
        "请恢复模板中的工作表后重新报送",
        "模板的工作表名是约定",
    ),
    "sheet-no-header": _error(
        "工作表“{detail}”里找不到表头行（有“条款”的一行），该表没有读取",
        "请恢复模板的表头后重新报送",
        "靠表头找列",
    ),
    "sheet-lookalike": _warning(
        "工作表名“{detail}”不在模板里，没有读取；是否想写“{meant}”？",
        "如有申报内容，请移入“{meant}”表",
        "改了名的表不作猜测",
    ),
    "sheet-duplicate": _warning(
        "有两个“{detail}”表，只读取了左边的一个", "请合并到一个表里", "同名的表只认第一个"
    ),
    "sheet-hidden": _warning(
        "工作表“{detail}”是隐藏的，内容照常读取", "请确认不是误隐藏", "隐藏的内容也是申报"
    ),
    "row-hidden": _warning(
        "第 {detail} 行是隐藏的，内容照常读取", "请确认不是误隐藏", "隐藏的内容也是申报"
    ),
    "row-merged": _warning(
        "“{detail}”的合并单元格单独成不了一项申报，没有读取",
        "如是申报，请取消合并，每行填写一项",
        "合并单元格的内容算在它跨的每一行里，但单凭一个不成一项申报",
    ),
    "column-missing": _error("缺少“{detail}”列", "请恢复模板的列后重新报送", "靠表头找列"),
    "column-read-as": _note(
        "表头“{detail}”读作“{meant}”", "无需处理", "星号、括号和括号里的说明不影响找列"
    ),
    "column-lookalike": _warning(
        "表头“{detail}”不在模板里，没有读取；是否想写“{meant}”？",
        "请把表头改回“{meant}”",
        "改了名的列不作猜测",
    ),
    "column-extra": _note(
        "列“{detail}”不在模板里，内容不参与计分", "无需处理", "模板以外的列不读取"
    ),
    "column-duplicate": _warning(
        "有两列“{detail}”，只读取了左边的一列", "请删去多余的一列", "同名的列只认左边一列"
    ),
    "cover-label-missing": _warning(
        "封面缺少“{detail}”", "请恢复模板封面后补填", "封面写明是谁、哪一年、何日报送"
    ),
    # 单元格
    "cell-formula": _warning(
        "公式没有保存计算结果，按空白处理",
        "请用 Excel 或 WPS 打开文件，保存后重新报送",
        "公式按保存的结果读取",
    ),
    "cell-error": _warning(
        "单元格是错误值 {detail}，按空白处理", "请改正公式或直接填写内容", "错误值没有内容"
    ),
    "cell-boolean": _warning(
        "单元格是逻辑值 {detail}，按空白处理", "请填写文字或数字", "逻辑值不是材料编号，也不是数"
    ),
    "cell-read-as": _note(
        "“{raw}”读作“{value}”", "如有不符，请改正原表", "凡是换了写法的都列出来，便于核对"
    ),
    # 封面
    "unit-missing": _error("没有填写单位名称", "请在封面填写单位名称", "不按文件名猜单位"),
    "unit-unknown": _error(
        "单位“{detail}”不在名册里{hint}", "请填写名册中的单位名称", "不按文件名猜单位"
    ),
    "year-missing": _warning("没有填写填报年度", "请在封面填写填报年度", "用于防止误交往年的表"),
    "year-other": _error(
        "填报年度是“{detail}”，不是本年度",
        "请使用本年度的模板；由办公室核实后处理",
        "往年的表不能计入本年",
    ),
    "stamp-other": _error(
        "使用的是其他年度的模板（{detail}）", "请使用本年度下发的模板", "往年的条款不能计入本年"
    ),
    "stamp-old": _note(
        "使用的模板版本与现行版本不同（{detail}）",
        "请核对条款编号是否有变化",
        "模板可能在下发后更新过",
    ),
    "return-date-missing": _error(
        "没有报送日期", "请在封面填写报送日期，或由办公室登记收件日期", "没有日期就不知是否按期"
    ),
    "return-date-unclear": _error(
        "报送日期“{detail}”看不明白：{reason}",
        "请写成 {example} 的样子，或由办公室登记收件日期",
        "没有日期就不知是否按期",
    ),
    "return-late": _error(
        "报送日期是 {detail}，已逾期，视为自动放弃",
        "最迟 {limit}（含）；如有异议请与办公室联系",
        "逾期不予考核",
    ),
    "receipt-late": _error(
        "办公室登记的收件日期是 {detail}（封面的报送日期是 {written}），已逾期，视为自动放弃",
        "最迟 {limit}（含）；如有异议请与办公室联系",
        "是否按期以收件登记为准",
    ),
    "return-undated-beside": _error(
        "本单位有几份不同的报送材料，其中没有能用的报送日期的是 {detail}，无法判断用哪一份",
        "请补填报送日期，或由办公室登记收件日期并写明文件",
        "不替单位选择",
    ),
    "return-same-date": _error(
        "本单位有几份不同的报送材料，日期同为 {detail}，无法判断用哪一份",
        "请与办公室联系，由办公室登记收件日期并写明文件，或只保留一份",
        "不替单位选择",
    ),
    "return-replaced": _note("已被 {detail} 替代，本文件不计", "无需处理", "以期限内最后一份为准"),
    "return-replaced-late": _note(
        "报送日期 {day} 已逾期，不采用；以 {detail} 为准",
        "逾期的补正能否采用，请与办公室联系",
        "以期限内最后一份为准",
    ),
    "unit-disqualified": _error(
        "本单位已被取消考核资格（{detail}）", "如有异议请与办公室联系", "弄虚作假的取消资格"
    ),
    # 申报：不计分
    "clause-missing": _error("没有填写条款", "请从下拉列表选择条款编号", "不知道按哪一条计分"),
    "clause-unknown": _error(
        "条款“{detail}”不在计分规则里", "请从下拉列表选择条款编号", "不知道按哪一条计分"
    ),
    "clause-other-sheet": _error(
        "条款 {detail} 应在“{meant}”表申报", "请把这一行移到“{meant}”表", "每条只在一张表申报"
    ),
    "title-missing": _error("没有填写{detail}", "请补填{detail}", "没有名称无法核对"),
    "date-missing": _error("没有填写{detail}", "请补填{detail}", "没有日期无法判断是否在考核期内"),
    "date-unclear": _error(
        "{header}“{detail}”看不明白：{reason}", "请写明年月日，如 {example}", _NOT_COUNTED
    ),
    "date-early": _error(
        "{header} {detail} 早于考核期第一天 {limit}",
        "请核对日期；不在考核期内的不计分",
        "只计考核年度内的工作",
    ),
    "date-late": _error(
        "{header} {detail} 已过期限",
        "请核对日期；最迟 {limit}（含），以后的不计分",
        "期限以前的工作才能在报送时有材料",
    ),
    "date-late-figures": _error(
        "{header} {detail} 已过考核年度",
        "请填写数据统计到哪一天，最迟 {limit}（含）",
        "只计考核年度内的数据",
    ),
    "date-figures": _warning(
        "{header} {detail} 在报送期限之后，照常计分",
        "请核对；报送期限内最迟是 {limit}（含）",
        "统计数据常截至年底",
    ),
    "date-after-return": _warning(
        "{header} {detail} 晚于本表的报送日期 {limit}",
        "请核对日期；报送以后的事还没有发生",
        "材料不能证明还没有发生的事",
    ),
    "date-range": _warning(
        "{header}“{detail}”是一段时间，按第一天 {first} 计", "请核对", "跨多日的活动按第一天计"
    ),
    "evidence-missing": _error(
        "缺少佐证材料：{detail}", "请写明“{detail}”的附件编号、文件名或页码", "规定的材料缺一不可"
    ),
    "evidence-short": _warning(
        "缺少部分佐证材料：{detail}（按现行口径予以认可）", "请补齐“{detail}”", "材料应当齐全"
    ),
    "words-missing": _error("没有填写{detail}", "请填写字数（整数）", "按字数分档计分"),
    "words-bad": _error(
        "{header}“{detail}”不是大于 0 的整数", "请填写准确字数，如 {example}", _NOT_COUNTED
    ),
    "base-missing": _error("没有填写{detail}", "请填写{meaning}（整数）", "没有基数无法计算"),
    "base-bad": _error(
        "{header}“{detail}”不是大于 0 的整数", "请填写{meaning}（整数）", _NOT_COUNTED
    ),
    "done-missing": _error("没有填写{detail}", "请填写{meaning}（整数）", "没有完成数无法计算"),
    "done-bad": _error(
        "{header}“{detail}”不是 0 或正整数", "请填写{meaning}（整数）", _NOT_COUNTED
    ),
    "base-none": _error(
        "{header}“{detail}”不能作除数，无法计算",
        "确实没有{meaning}的，请与办公室联系，可由评审组改分",
        "没有基数无法计算",
    ),
    "done-over-base": _error(
        "完成数 {detail} 大于基数 {limit}", "请核对两个数；此条完成数不能超过基数", "不可能超过全数"
    ),
    "object-missing": _error(
        "没有填写{detail}", "请填写{detail}，一格只写一个", "按不同对象的个数计分"
    ),
    "claim-repeated": _error(
        "与第 {detail} 行重复（条款、名称、日期相同）",
        "重复申报的只计一次，请删去或改正；不是同一件的，请在两行都写明不同的对象、媒体或单位",
        "同一件事不重复计分",
    ),
    "claim-beside": _warning(
        "与第 {detail} 行的条款、名称、日期相同，{header}不同，分别计分",
        "请核对确是两件事",
        "同名同日的可能是同一件事",
    ),
    "claim-repeated-figure": _error(
        "与第 {detail} 行重复（同一条款）", "每条指标只填一行，请删去或改正", "同一指标只有一组数"
    ),
    # 申报：提醒
    "row-nothing": _note(
        "第 {detail} 行只写了没有，不作为申报", "无需处理", "说明没有申报的，不算填错"
    ),
    "claim-elsewhere": _note(
        "同事多报：同名同日的事项还申报了 {detail}",
        "请评审组核对是否同一件事",
        "一件事可能只应计一处",
        PANEL,
    ),
    "points-none": _note("达不到最低一档，计0分", "请核对数据", "认可的申报也要达到最低一档才有分"),
    "points-elsewhere": _note(
        "按现行口径，同一事项已在别处计分", "无需处理", "口径由主席办公会议决定"
    ),
    "points-short": _note(
        "已认可，但还没有得分：{detail}", "如还有同类事项，请补报", "达到规定的数才计分"
    ),
    "points-cost": _note(
        "这一行不予认可，但所填数据仍按规定扣 {detail} 分",
        "请补正；如有异议请与办公室联系",
        "不能以材料不全避免扣分",
    ),
    "object-several": _note(
        "“{detail}”只算一个；这一格好像写了几个",
        "一格只写一个，有几个就分几行填写",
        "按不同对象的个数计分",
    ),
    "claim-alike": _warning(
        "疑似雷同：与 {detail} 的申报条款、名称、日期都相同",
        "请评审组核对两家的原始材料",
        "两家不会以同一件事各自得分",
        PANEL,
    ),
    "record-unseen": _warning(
        "平时考查未见：办公室的平时考查里没有这一项",
        "请评审组核对",
        "采用情况以办公室记录为参考",
        PANEL,
    ),
    "record-used": _note(
        "本条采用办公室平时考查的数据（{detail}），本单位所填不用",
        "如有异议请与办公室联系",
        "办公室自己掌握的数据优先",
    ),
    "record-target": _note(
        "本条的基数采用办公室下达的任务数 {detail}",
        "如有异议请与办公室联系",
        "任务由市里下达",
    ),
    "record-unclaimed": _note(
        "办公室的平时考查记有“{detail}”，本单位没有申报",
        "请核对是否提醒单位补报",
        "记录过的事可能漏报",
        OFFICE,
    ),
    "ruling-accepted": _note("{detail}（评审组已认定：{reason}）", "无需处理", "评审组的认定优先"),
    "ruling-refused": _error(
        "评审组不予认定：{detail}", "如有异议请与办公室联系", "评审组的核定优先"
    ),
    # 佐证文件
    "attachment-missing": _warning(
        "附件文件夹里没有“{detail}”", "请补交文件或改正文件名", "佐证应能查到"
    ),
    "attachment-empty": _warning("附件“{detail}”是空文件", "请重新提交", "佐证应能查看"),
    "attachment-shared": _warning(
        "附件“{detail}”与 {other} 内容完全相同", "请评审组核对", "同一材料不应证明两件事", PANEL
    ),
    # 办公室台账
    "register-unit": _error("单位“{detail}”不在名册里{hint}", "请改正", "不知道是哪个单位", OFFICE),
    "register-clause": _error("条款“{detail}”不在计分规则里", "请改正", "不知道是哪一条", OFFICE),
    "register-word": _error(
        "结论“{detail}”应为：认定、不认定、改分", "请从下拉列表选择", "不作猜测", OFFICE
    ),
    "register-points": _error(
        "改分没有写明核定分：{detail}", "请填写数字", "不知道改成多少分", OFFICE
    ),
    "register-points-named": _error(
        "改分是整条改分，这里用不上（{detail}）",
        "要改整条的分，请把名称、行号留空；要定一项，请用认定、不认定",
        "改分改的是整条的得分",
        OFFICE,
    ),
    "register-disputed": _error(
        "评审意见不一致，都没有采用：另有 {detail}",
        "请评审组统一意见后只保留一个",
        "不替评审组选择",
        OFFICE,
    ),
    "register-unmatched": _error(
        "没有对应的申报，这条核定没有用上（{detail}）",
        "请核对单位、条款、名称和行号",
        "核定不能落空",
        OFFICE,
    ),
    "register-not-lifted": _warning(
        "认定没有起作用：{detail}",
        "请核对；这类问题须由单位改正后才能计分",
        "条款、数字、对象缺失和重复申报不能靠认定免除",
        OFFICE,
    ),
    "register-no-reason": _warning(
        "没有写理由，核定照样采用", "请补写理由", "每次改动都应有理由", OFFICE
    ),
    "register-overruled": _warning(
        "与第 {detail} 行的核定对象相同，以后面一条为准",
        "请删去不用的一条",
        "同一对象只能有一个核定",
        OFFICE,
    ),
    "receipts-apart": _error(
        "收件登记里同一份材料的收件日期有的按期、有的逾期（{detail}）",
        "请核实后只保留一个",
        "不替办公室选择",
        OFFICE,
    ),
    "receipt-unfound": _error(
        "收件登记 {detail} 的材料没有找到",
        "请核对单位和日期，把材料放进报送文件夹，或写明文件",
        "收到的材料不能没有",
        OFFICE,
    ),
    "receipt-file": _error(
        "收件登记写的文件“{detail}”不是本单位的报送材料",
        "请核对文件名和单位",
        "收到的材料不能没有",
        OFFICE,
    ),
    "receipt-shared": _error(
        "收件登记（{detail}）可能是几份报送材料中的任何一份",
        "请写明文件",
        "不替办公室选择",
        OFFICE,
    ),
    "receipts-several": _warning(
        "同一份材料登记了几个收件日期（{detail}），以最后一个为准",
        "请核对",
        "以最后收到的为准",
        OFFICE,
    ),
    "receipt-none": _warning(
        "这份材料没有登记收件日期，按封面的报送日期 {day} 计",
        "请补登收件日期并写明文件",
        "登记了别的材料，可能漏登",
        OFFICE,
    ),
    "register-receipt-date": _error(
        "收件日期“{detail}”看不明白：{reason}，按没有登记处理",
        "请写成年月日",
        "写不清楚的不作猜测",
        OFFICE,
    ),
    "register-record-date": _warning(
        "日期“{detail}”看不明白：{reason}，这一行照样采用",
        "请写成年月日",
        "没有日期的记录照样采用",
        OFFICE,
    ),
    "register-outside": _error(
        "日期 {detail} 不在考核期内，这一行没有采用",
        "请核对是否往年的记录；考核期自 {first} 至 {last}",
        "往年的记录不能算在本年",
        OFFICE,
    ),
    "register-unrecorded": _error(
        "条款“{detail}”不用平时考查的记录，这一行没有采用",
        "请核对条款；要改这一条的得分，请写在评审核定里",
        "没有用处的记录不应无声无息",
        OFFICE,
    ),
    "register-copies": _warning(
        "份数是“{detail}”，应为 {limit} 份", "请补齐", "材料一式数份", OFFICE
    ),
    "register-base": _error(
        "基数“{detail}”不是大于 0 的整数，这一行没有采用",
        "请改正基数（整数）",
        "没有基数不能计算",
        OFFICE,
    ),
    "register-done": _error(
        "完成数“{detail}”不是 0 或正整数，这一行没有采用",
        "请改正完成数（整数）",
        "数据有误不能计算",
        OFFICE,
    ),
    "register-over": _error(
        "完成数 {detail} 大于基数 {limit}，这一行没有采用",
        "请核对两个数",
        "不可能超过全数",
        OFFICE,
    ),
    "register-line": _error(
        "行号“{detail}”不是大于 0 的整数，这条核定没有用上",
        "请照抄评审表里的行号，或清空源文件、工作表、行号",
        "不知道是哪一行",
        OFFICE,
    ),
    "register-reading": _error(
        "口径“{detail}”不在计分规则里，没有采用",
        "请照抄口径说明里的编号或名称",
        "不知道是哪个口径",
        OFFICE,
    ),
    "register-taken": _error(
        "采用“{detail}”应为：默认、另一种", "请从下拉列表选择", "不作猜测", OFFICE
    ),
    "register-place": _error(
        "名次“{detail}”不是大于 0 的整数，这一行没有采用",
        "请填写整数，或留空",
        "名次是第几就写几",
        OFFICE,
    ),
    "register-award": _error("奖项“{detail}”不在计分规则里", "请改正", "不知道是哪个奖项", OFFICE),
    "register-places": _error(
        "名额“{detail}”不是 0 或正整数", "请填写整数", "名额是几个就写几", OFFICE
    ),
    "register-repeated": _warning(
        "“{detail}”出现了几次，以后面一条为准", "请只保留一条", "同一事项只能有一个", OFFICE
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a return, a claim or the register.

    Attributes:
        code: its kind, a key of `CATALOGUE`.
        level: 错误, 警告 or 提示.
        addressee: 单位, 评审组 or 办公室.
        unit: full name, or ''.
        file: path below the returns folder, or the name of the register.
        sheet, cell: where; cell is an A1 reference or ''.
        clause, title: of the claim that it is about, or ''.
        problem, advice: what is wrong, and how to mend it.
    """

    code: str
    level: str
    addressee: str
    unit: str
    file: str
    sheet: str
    cell: str
    clause: str
    title: str
    problem: str
    advice: str


COLUMNS = [column.name for column in fields(Finding)]


@dataclass
class Findings:
    """Findings as they are made; `table` turns them into 问题清单.

    A detail may hold what a unit wrote: it is put into the sentence as it stands, cut when long.

    Attributes:
        addressee: whom all of them are for, or '' where each code says so.
    """

    addressee: str = ""
    made: list[Finding] = field(default_factory=list)

    def add(
        self,
        code: str,
        /,
        *,
        unit: str = "",
        file: str = "",
        sheet: str = "",
        cell: str = "",
        clause: str = "",
        title: str = "",
        **details: object,
    ) -> Finding:
        """Add one finding."""
        kind = CATALOGUE[code]
        made = Finding(
            code, kind.level, self.addressee or kind.addressee, unit, file, sheet, cell, clause,
            shorten(title), fill(kind.problem, details), fill(kind.advice, details),
        )  # fmt: skip
        self.made.append(made)
        return made

    def table(self) -> pd.DataFrame:
        """Columns `COLUMNS`, in the order they were added."""
        rows = [[getattr(finding, name) for name in COLUMNS] for finding in self.made]
        return pd.DataFrame(rows, columns=COLUMNS, dtype=object)


def fill(sentence: str, details: Mapping[str, object]) -> str:
    """A sentence of the catalogue with its details, each of them cut when long."""
    if "{" not in sentence:
        return sentence  # the same object for all
    return sentence.format(**{name: shorten(str(value)) for name, value in details.items()})


def shorten(text: str, limit: int = 60) -> str:
    """One line of at most `limit` characters: a cell may hold a novel."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
