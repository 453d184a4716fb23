/* The rules in words: const tables by the value of each rule. */
#include "billing/statement_words.h"

static const struct statement_rule part_month_rules[PART_MONTH_COUNT] = {
    [PART_MONTH_30DAY] =
        {"part_month", false,
         "한 달을 모두 사용하면 1개월, 일부만 사용하면 사용 시간 ÷ 30일(한 달에 최대 1개월)",
         "a whole calendar month counts 1; part of one counts its time / 30 days, "
         "at most 1 a month"},
    [PART_MONTH_CALENDAR] = {"part_month", false, "사용 시간 ÷ 해당 월의 실제 길이",
                             "time in use / length of that calendar month"},
    [PART_MONTH_ACTUAL365] = {"part_month", false, "사용 시간 × 12 ÷ 365일",
                              "time in use x 12 / 365 days"},
};

static const struct statement_rule grain_rules[GRAIN_COUNT] = {
    [GRAIN_SECOND] = {"grain", false, "초 단위로 계산", "time counts by the second"},
    [GRAIN_DAY] = {"grain", false, "하루라도 사용한 날은 그날의 최대 사용량으로 하루 전체를 계산",
                   "a Korean day with use counts whole, at its peak"},
};

static const struct statement_rule base_rules[BURDEN_BASE_COUNT] = {
    [BURDEN_GPU_VALUE] = {"burden_base", false, "부담금 = GPU 사용 가치 × 부담률",
                          "burden = value of the GPU time x rate"},
    [BURDEN_TOTAL_COST] = {"burden_base", false, "부담금 = GPU 사용 가치 × 부담률 ÷ (1 − 부담률)",
                           "burden = value of the GPU time x rate / (1 - rate)"},
};

static const struct statement_rule fixed_rules[] = {
    {"profile", true,
     "기관·과제·모델·월(한국 시각)별 동시 사용량으로 계산하며, 임차를 나누거나 이어도 합계는 같음",
     "months follow from what is in use at once, per organisation, project, model and Korean "
     "month; "
     "cutting or joining leases changes no sum"},
    {"cash_floor", true,
     "현금 최소액은 부담금 × 현금 비율의 정확한 값으로 판정하고, 제안 금액은 10원 단위로 올림",
     "the cash floor is tested on the exact burden x rate; the amount proposed is rounded up to 10 "
     "won"},
};

static const struct statement_rule share_rules[MIG_WEIGHT_COUNT] = {
    [MIG_WEIGHT_MEMORY] =
        {"share", false, "GPU의 일부는 1/7000 단위로 계산, 분할 장치는 메모리 조각 ÷ 8",
         "parts of a GPU count in units of 1/7000; a MIG slice by its memory slices / 8"},
    [MIG_WEIGHT_COMPUTE] =
        {"share", false, "GPU의 일부는 1/7000 단위로 계산, 분할 장치는 연산 조각 ÷ 7",
         "parts of a GPU count in units of 1/7000; a MIG slice by its compute slices / 7"},
};

static const struct statement_rule fault_rules[] = {
    {"fault", false, "장애 시간은 별도 줄로 표시하되 금액을 낮추지 않음",
     "fault time is a line of its own and does not lower the value"},
    {"fault", false, "협약에서 차용기관이 부담하지 않는 장애 시간은 금액에서 제외",
     "fault time that the loan does not put on the borrower is left out of the value"},
};

static const struct statement_rule vat_rules[PRICE_VAT_COUNT] = {
    [PRICE_VAT_UNKNOWN] = {"vat", false, "단가의 부가가치세 포함 여부는 정해지지 않음",
                           "whether the price includes value added tax is not said"},
    [PRICE_VAT_INCLUDED] = {"vat", true, "단가에 부가가치세 포함",
                            "the price includes value added tax"},
    [PRICE_VAT_EXCLUDED] = {"vat", true, "단가에 부가가치세 미포함",
                            "the price does not include value added tax"},
};

static const struct statement_rule fee_rule = {
    "charge", true, "이용료 = GPU 사용 가치 × 기관 유형별 비율, 전액 현금",
    "fee = value of the GPU time x the rate of the class, all of it in cash"};

static const struct statement_rule truncations[] = {
    {"truncation", false, "부담금의 10원 미만은 기관별로 한 번만 버림 (국고금 관리법 제47조)",
     "what is below 10 won is dropped once per organisation (국고금 관리법 제47조)"},
    {"truncation", false, "부담금의 끝수는 사업이 정한 단위로 기관별로 한 번만 버림",
     "what is below the programme's unit is dropped once per organisation"},
};

size_t statement_rules(const struct statement *s, struct statement_rule ret[STATEMENT_RULES_MAX])
{
    size_t n = 0;
    ret[n++] = fixed_rules[0];
    ret[n++] = part_month_rules[s->part_month];
    ret[n++] = grain_rules[s->grain];
    ret[n++] = share_rules[s->mig_weight];
    ret[n++] = s->charge == CHARGE_FEE ? fee_rule : base_rules[s->burden_base];
    ret[n++] = fault_rules[s->fault_lowers_value];
    ret[n++] = truncations[s->payable_truncate_krw == 10 ? 0 : 1];
    if (s->charge == CHARGE_COFUNDING)
        ret[n++] = fixed_rules[1];
    ret[n++] = vat_rules[s->price_vat];
    ENSURE(n <= STATEMENT_RULES_MAX);
    return n;
}

const char *statement_mark(bool confirmed)
{
    return confirmed ? "confirmed" : "not confirmed";
}

const char *statement_payer(const struct cofunding_line *line)
{
    enum time_kind time = line->terms.time;
    enum payer payer = time == TIME_USED ? PAYER_BORROWER : payer_of(line->terms.payer, time);
    return enum_name(&payer_names, (int)payer);
}
